import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { cacheFolder, freePort, isRoot, onPath, startServer, temporaryFolder } from './child.mjs';

const advice =
  'the tests need Redis 6.2 or newer, and this machine has neither redis-server nor valkey-server: install one (apt-get install redis-server, dnf install valkey, brew install redis), or set TEST_REDIS_URL';

/** How to start one: on PATH, else installed when STILE_TEST_INSTALL=1 allows it, else unpacked into the cache. */
function findProgram() {
  const installed = onPath('redis-server', 'valkey-server');
  if (installed) return { command: installed };
  if (process.env.STILE_TEST_INSTALL === '1' && isRoot && onPath('apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update'], { env });
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], { env });
    const now = onPath('redis-server');
    if (now) return { command: now };
  }
  const unpacked = unpack();
  if (unpacked) return unpacked;
  throw new Error(advice);
}

/**
 * Debian and Ubuntu, as anybody: the packages are downloaded and unpacked below the cache folder, nothing is installed. With package lists
 * of its own, so neither root nor a recent `apt-get update` is needed. redis-server is redis-check-rdb by another name.
 */
function unpack() {
  const folder = join(cacheFolder, 'redis');
  if (!existsSync(folder) && onPath('apt-get') && onPath('dpkg')) {
    mkdirSync(cacheFolder, { recursive: true });
    const half = mkdtempSync(join(cacheFolder, 'redis-'));
    for (const name of ['state/lists/partial', 'cache/archives/partial', 'root'])
      mkdirSync(join(half, name), { recursive: true });
    const own = [`Dir::State=${half}/state`, `Dir::Cache=${half}/cache`, 'APT::Sandbox::User=root'];
    const apt = (...args) => spawnSync('apt-get', [...own.flatMap((o) => ['-o', o]), ...args], { cwd: half });
    apt('update');
    for (const name of ['redis-tools', 'libjemalloc2', 'liblzf1']) apt('download', name);
    for (const file of readdirSync(half).filter((name) => name.endsWith('.deb')))
      spawnSync('dpkg', ['-x', join(half, file), join(half, 'root')]);
    if (existsSync(join(half, 'root/usr/bin/redis-check-rdb'))) {
      try {
        renameSync(join(half, 'root'), folder);
      } catch {} // another run was quicker
    }
    rmSync(half, { recursive: true, force: true });
  }
  const command = join(folder, 'usr/bin/redis-check-rdb');
  if (!existsSync(command)) return undefined;
  const libraries = readdirSync(join(folder, 'usr/lib'))
    .map((name) => join(folder, 'usr/lib', name))
    .join(':');
  return { command, argv0: 'redis-server', env: { ...process.env, LD_LIBRARY_PATH: libraries } };
}

/** A Redis of its own on a free port (or a given one, to come back where it was), empty and forgetful. */
export async function startRedis({ port } = {}) {
  const program = findProgram();
  const folder = temporaryFolder('redis');
  const own = port ?? (await freePort());
  const url = `redis://127.0.0.1:${own}`;
  const settings = { bind: '127.0.0.1', port: own, save: '', appendonly: 'no', databases: 1024, dir: folder };
  const server = await startServer({
    name: 'Redis',
    ...program,
    args: Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]),
    folder,
    async ready() {
      const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
      client.on('error', () => {});
      try {
        await client.connect();
        await client.ping();
      } finally {
        client.disconnect();
      }
    },
  });
  return { url, port: own, ...server };
}
