// Tells the browser which passkeys count here and whose they are (WebAuthn Level 3 section 5.1.10), so that it offers no
// others: where one was removed or lost, and where one was tried that nobody has. Browsers that do not know this, do without.
const told = JSON.parse(document.querySelector('[data-signal]').dataset.signal);
for (const [name, facts] of Object.entries(told)) window.PublicKeyCredential?.[name]?.(facts).catch(() => {});
