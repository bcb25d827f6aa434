// Send again: the button comes when its wait is over, in the place of the note that says how long.
for (const button of document.querySelectorAll('button[data-after]')) {
  setTimeout(() => {
    button.hidden = false;
    for (const note of document.querySelectorAll(`[data-until="${button.id}"]`)) note.hidden = true;
  }, Number(button.dataset.after) * 1000);
}
