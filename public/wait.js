// A page that waits for another tab: looks again when that tab says it acted, and when somebody comes back to it.
const channel = new BroadcastChannel('stile');
const acting = document.querySelector('form[data-acts]');
if (acting) {
  acting.addEventListener('submit', () => channel.postMessage('acted'));
} else {
  const look = () => location.reload();
  channel.addEventListener('message', () => setTimeout(look, 1000));
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look());
  window.addEventListener('focus', look);
}
