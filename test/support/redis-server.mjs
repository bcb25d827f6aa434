import { Redis } from 'ioredis';
import { freePort, startServer, temporaryFolder } from './child.mjs';
import { findProgram } from './debian.mjs';

const advice =
  'the tests need Redis 6.2 or newer, and this machine has neither redis-server nor valkey-server: install one (apt-get install redis-server, dnf install valkey, brew install redis), or set TEST_REDIS_URL';

/** A Redis of its own on a free port (or a given one, to come back where it was), empty and forgetful. */
export async function startRedis({ port } = {}) {
  const { command, env } = findProgram({ names: ['redis-server', 'valkey-server'], debian: 'redis-server', advice });
  const folder = temporaryFolder('redis');
  const own = port ?? (await freePort());
  const url = `redis://127.0.0.1:${own}`;
  const settings = { bind: '127.0.0.1', port: own, save: '', appendonly: 'no', databases: 1024, dir: folder };
  const server = await startServer({
    name: 'Redis',
    command,
    env: { ...process.env, ...env },
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
