import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, isRoot, onPath } from './child.mjs';

/**
 * The root below which `file` of a Debian or Ubuntu package is: '/' where it is installed, or gets installed because
 * STILE_TEST_INSTALL=1 allows it, else a folder of the cache that the package is unpacked into. Where it cannot be had, `advice` is the
 * error, with what apt-get said.
 */
export function debianRoot({ name, file, advice }) {
  if (existsSync(join('/', file))) return '/';
  if (!onPath('apt-get')) throw new Error(advice);
  if (process.env.STILE_TEST_INSTALL === '1' && isRoot) {
    install(name);
    if (existsSync(join('/', file))) return '/';
  }
  const folder = join(cacheFolder, 'debian', name);
  const said = existsSync(join(folder, file)) ? '' : unpack(name, file, folder);
  if (existsSync(join(folder, file))) return folder;
  throw new Error(`${advice}; apt-get said: ${said}`);
}

/** How to start a program: what is on PATH under one of its names, else from Debian's package. */
export function findProgram({ names, debian: name, advice }) {
  const installed = onPath(...names);
  if (installed) return { command: installed, env: {} };
  const file = `usr/bin/${names[0]}`;
  const root = debianRoot({ name, file, advice });
  return { command: join(root, file), env: root === '/' ? {} : { LD_LIBRARY_PATH: librariesBelow(root) } };
}

function install(name) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update'], { env });
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', name], { env });
}

/**
 * As anybody: the package, with what else of its dependencies this machine lacks, is downloaded and unpacked into `folder`, and nothing
 * is installed. With package lists of its own, so neither root nor a recent `apt-get update` is needed. Tells what it was told.
 */
function unpack(name, file, folder) {
  mkdirSync(dirname(folder), { recursive: true });
  const half = mkdtempSync(`${folder}-`);
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'root'])
    mkdirSync(join(half, part), { recursive: true });
  const own = [`Dir::State=${half}/state`, `Dir::Cache=${half}/cache`, 'APT::Sandbox::User=root'];
  const options = [...own, 'Debug::NoLocking=true'].flatMap((option) => ['-o', option]);
  const apt = (...args) => spawnSync('apt-get', [...options, ...args], { encoding: 'utf8' }).stderr;
  const only = ['--download-only', '--reinstall', '--no-install-recommends', '-y'];
  let said = apt('update') + apt('install', ...only, name);
  const archives = join(half, 'cache/archives');
  for (const archive of readdirSync(archives).filter((one) => one.endsWith('.deb')))
    said += spawnSync('dpkg', ['-x', join(archives, archive), join(half, 'root')], { encoding: 'utf8' }).stderr;
  try {
    if (existsSync(join(half, 'root', file))) renameSync(join(half, 'root'), folder);
  } catch {} // another run was quicker
  rmSync(half, { recursive: true, force: true });
  return said.trim();
}

/** Debian keeps libraries in usr/lib and below it, in a folder named after the machine. */
function librariesBelow(root) {
  const folder = join(root, 'usr/lib');
  const inside = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  return [folder, ...inside.filter((one) => one.isDirectory()).map((one) => join(folder, one.name))].join(':');
}
