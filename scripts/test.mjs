/**
 * `npm test [-- arguments of jest]`: installs and builds what is missing, then runs every test. The last line of the
 * output is `N passed, N failed`; a test file that does not even load counts as one failure.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from './build.mjs';
import { ensureInstall } from './ensure-install.mjs';

const root = join(import.meta.dirname, '..');
ensureInstall({ dev: true });
await build();

const jest = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/jest/bin/jest.js'),
    ...process.argv.slice(2),
    // Last, because jest takes whatever follows them for one more reporter.
    '--reporters=default',
    `--reporters=${join(import.meta.dirname, 'tally.mjs')}`,
  ],
  { cwd: root, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] },
);

let tally;
jest.on('message', (message) => {
  tally = message;
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => jest.kill(signal));
jest.on('close', (code) => {
  if (tally) console.log(`${tally.passed} passed, ${tally.failed} failed`);
  process.exitCode = code ?? 1;
});
