// Show password: the buttons are hidden until this is here.
for (const button of document.querySelectorAll('button[aria-controls][aria-pressed]')) {
  const field = document.getElementById(button.getAttribute('aria-controls'));
  button.hidden = false;
  button.addEventListener('click', () => {
    const shown = field.type === 'password';
    field.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
  });
  // Sent hidden, so that the browser's memory of forms never keeps what was shown.
  field.form.addEventListener('submit', () => {
    field.type = 'password';
  });
}
