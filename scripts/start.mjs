/** `npm start`: installs and builds what is missing, then becomes the server (one process, so that signals reach it). */
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Stile needs Node 20.19 or newer, and this is ${process.version}. Install a newer one, then run npm start again.`,
  );
  process.exit(1);
}

const { ensureInstall } = await import('./ensure-install.mjs');
ensureInstall({ dev: false });
const { build } = await import('./build.mjs');
await build();
process.setSourceMapsEnabled(true);

// npm gives a signal to its shell, which ends without passing it on: a server left alone that way ends as if told.
if (process.env.npm_lifecycle_event === 'start') {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}
await import('../dist/main.js');
