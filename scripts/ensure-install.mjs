/**
 * Makes node_modules what package-lock.json says, and does nothing when it already is. Imports Node's own modules only,
 * because it runs before anything else is there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

const packagesOf = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;

/** What npm says it installed last; undefined when it never finished. */
function installed() {
  try {
    return packagesOf('node_modules/.package-lock.json');
  } catch {
    return undefined;
  }
}

/** Whether every package of the lock file is there in its version. Packages for other platforms are not expected. */
function complete(there, wanted, dev) {
  return Object.entries(wanted).every(([path, { version, optional, devOptional, dev: onlyDev }]) => {
    if (path === '' || optional || devOptional || (onlyDev && !dev)) return true;
    return there[path]?.version === version && existsSync(join(root, path));
  });
}

/**
 * Installs from the lock file if need be.
 * @param {{dev: boolean}} needs `dev`: whether the tools for building and testing are needed too.
 */
export function ensureInstall({ dev }) {
  const there = installed();
  if (there && complete(there, packagesOf('package-lock.json'), dev)) return;

  // A developer's tree keeps its tools.
  const tools = dev || Object.values(there ?? {}).some((one) => one.dev);
  console.log(
    `Installing the packages of package-lock.json${tools ? ' and the development tools' : ''}; this takes about half a minute.`,
  );
  const args = ['ci', tools ? '--include=dev' : '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const { status, stdout, stderr, error } = spawnSync(command, [...first, ...args], {
    cwd: root,
    encoding: 'utf8',
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (status === 0) return;
  console.error(`${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`);
  console.error(
    'The packages could not be installed. Check that npm reaches its registry, then run the same command again.',
  );
  process.exit(1);
}
