// Run inside a page: what sticks out of the window or is cut off, in words. Text for the debugger, not a module.
(() => {
  const width = document.documentElement.clientWidth;
  const whole = document.documentElement.scrollWidth;
  const found = whole > width ? [`scrolls sideways: ${whole} of ${width}`] : [];
  const rightful = '.scroll *, .secret, .secret *, .sr, .skip, svg *, details:not([open]) > :not(summary) *';
  for (const element of document.querySelectorAll('body *:not(br, wbr)')) {
    const box = element.getBoundingClientRect();
    if (box.width === 0 || element.matches(rightful)) continue;
    const name = `<${element.localName} class="${element.getAttribute('class') ?? ''}"> ${element.textContent.trim().slice(0, 40)}`;
    if (box.right > width + 1 || box.left < -1) found.push(`sticks out: ${name}`);
    const cut = element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1;
    if (cut && element.matches('.btn, .badge, .item, .panel, .card, h1, h2, dd, td, th')) found.push(`is cut: ${name}`);
  }
  return found;
})();
