/**
 * Does what docker/Dockerfile does, without Docker: the same commands and the same list of files, read from it, in a folder
 * of its own; then (when run as root) starts the result as 1000, who may write none of it, and asks /readyz. Takes a minute.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const [build = '', final = ''] = readFileSync(join(root, 'docker/Dockerfile'), 'utf8')
  .split(/^FROM /m)
  .slice(1);
const allowed = readFileSync(join(root, 'docker/Dockerfile.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));
const work = mkdtempSync(join(tmpdir(), 'stile-image-'));
const [stage, image, data] = ['build', 'image', 'data'].map((name) => join(work, name));
for (const folder of [stage, image, data]) mkdirSync(folder);

try {
  for (const name of allowed) cpSync(join(root, name), join(stage, name), { recursive: true });
  for (const [, command] of build.matchAll(/^RUN (.+)$/gm)) {
    console.log(command);
    const { status } = spawnSync('sh', ['-c', command], { cwd: stage, stdio: 'inherit' });
    if (status !== 0) throw new Error(`failed: ${command}`);
  }
  for (const [, from, to] of final.matchAll(/^COPY --from=build \/stile\/(\S+) (\S+)$/gm))
    cpSync(join(stage, from), join(image, to === './' ? from : to), { recursive: true, verbatimSymlinks: true });
  rmSync(stage, { recursive: true });
  const asRoot = process.getuid?.() === 0;
  // As root they are root's, as in the image, with the modes the build gave them.
  if (asRoot) for (const folder of [work, image]) chmodSync(folder, 0o755);
  if (asRoot) chownSync(data, 1000, 1000);
  const command = JSON.parse(/^CMD (\[.+\])$/m.exec(final)[1]);
  const port = await freePort();
  const child = spawn(process.execPath, command.slice(1), {
    cwd: image,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', DATA_DIR: join(data, 'demo'), PORT: String(port) },
    stdio: 'inherit',
    ...(asRoot ? { uid: 1000, gid: 1000 } : {}),
  });
  const ended = new Promise((done) => child.once('exit', done));
  const answer = await ready(port, ended);
  child.kill('SIGTERM');
  const code = await ended;
  const { components } = JSON.parse(readFileSync(join(image, 'sbom.cdx.json'), 'utf8'));
  console.log(
    `/readyz ${answer.status} ${await answer.text()}, ended with ${code}, ${components.length} packages in the SBOM`,
  );
  process.exitCode = answer.status === 200 && code === 0 && components.length > 20 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

async function ready(port, ended) {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await Promise.race([fetch(`http://localhost:${port}/readyz`).catch(() => undefined), ended]);
    if (answer instanceof Response && answer.ok) return answer;
    if (typeof answer === 'number') throw new Error(`it ended with ${answer}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('it never was ready');
}
