// Passkeys: asks the browser, puts its answer into the form and sends it. The page holds what is asked and every word.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
const named = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));

// By hand: password managers put objects of their own in the browser's place, which lack its ways to and from JSON.
const asked = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  ...(options.user ? { user: { ...options.user, id: bytes(options.user.id) } } : {}),
  ...(options.excludeCredentials ? { excludeCredentials: named(options.excludeCredentials) } : {}),
  ...(options.allowCredentials ? { allowCredentials: named(options.allowCredentials) } : {}),
});
const answered = ({ id, type, response }) => {
  const parts = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];
  // A registration has one object; what its parts would say again only makes it longer.
  const sent = response.attestationObject ? parts.slice(0, 2) : parts;
  const found = sent.filter((part) => response[part]).map((part) => [part, text(response[part])]);
  const transports = response.getTransports?.() ?? [];
  return { id, rawId: id, type, response: { ...Object.fromEntries(found), transports } };
};

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const { passkey: kind, options, begin } = form.dataset;
  const status = form.querySelector('[role="status"]');
  const say = (what) => {
    status.textContent = status.dataset[what] ?? '';
  };
  let asking;
  const ask = async (mediation) => {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (!mediation) say('waiting');
    try {
      const publicKey = asked(JSON.parse(options));
      const credential = await navigator.credentials[kind]({ publicKey, signal, ...(mediation ? { mediation } : {}) });
      form.elements.response.value = JSON.stringify(answered(credential));
      form.submit();
    } catch (error) {
      // Something else was asked instead, or nobody took up the offer in the list of names.
      if (signal.aborted || mediation) return;
      const held = kind === 'create' && error.name === 'InvalidStateError';
      say(held ? 'held' : error.name === 'NotAllowedError' || error.name === 'AbortError' ? 'closed' : 'unable');
      if (begin === 'autofill') offer();
    }
  };
  const offer = async () => {
    if (await window.PublicKeyCredential.isConditionalMediationAvailable?.()) ask('conditional');
  };

  if (!window.PublicKeyCredential || !navigator.credentials) {
    say('unable');
    continue;
  }
  form.hidden = false;
  for (const button of form.querySelectorAll('button[hidden]')) button.hidden = false;
  form.addEventListener('submit', (event) => {
    // The ways out are buttons with a name.
    if (event.submitter?.name) return;
    event.preventDefault();
    ask();
  });
  if (begin === 'now') ask();
  if (begin === 'autofill') offer();
}
