import { spawn } from 'node:child_process';
import { accessSync, chownSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

/** Where what the machine lacks is unpacked; ignored by git, safe to delete. */
export const cacheFolder = resolve(import.meta.dirname, '../../.cache');

export const isRoot = process.getuid?.() === 0;

/** Postgres refuses to run as root: then it runs as nobody, in a folder that is nobody's. */
export const nobody = isRoot ? { uid: 65534, gid: 65534 } : {};

/** The first of these programs that is on PATH. */
export function onPath(...names) {
  for (const name of names)
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const file = join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {}
    }
  return undefined;
}

export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `stile-${name}-`));
  if (isRoot) chownSync(folder, nobody.uid, nobody.gid);
  return folder;
}

export function freePort() {
  return new Promise((done, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/**
 * Starts a server in a folder of its own and waits until `ready()` does not throw. It ends with `stop()`, which also
 * removes the folder unless it is to `keep` it, or at the latest when this process exits.
 */
export async function startServer({ name, command, args, folder, ready, signal = 'SIGTERM', ...options }) {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said = (said + chunk).slice(-4000);
    });
  const ended = new Promise((done) => {
    child.once('error', done).once('exit', done);
  });
  let over = false;
  ended.then(() => {
    over = true;
  });
  const atExit = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', atExit);
  const stop = async ({ keep = false } = {}) => {
    process.off('exit', atExit);
    // Stopped for an outage test (SIGSTOP), it would never see the signal.
    if (!over) {
      child.kill('SIGCONT');
      child.kill(signal);
    }
    await ended;
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries++) {
    try {
      await ready();
      return { pid: child.pid, stop };
    } catch (error) {
      if (over || tries >= 200) {
        await stop();
        throw new Error(`${name} did not start: ${said || error.message}`);
      }
      await new Promise((done) => setTimeout(done, 25));
    }
  }
}
