// The page says where it goes and has a button for browsers that run no script.
document.querySelector('form[method="post"]').submit();
