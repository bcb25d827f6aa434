import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, startServer, temporaryFolder } from './child.mjs';
import { findProgram } from './debian.mjs';

const advice =
  'the tests need Redis 6.2 or newer, and this machine has neither redis-server nor valkey-server: install one (apt-get install redis-server, dnf install valkey, brew install redis), or set TEST_REDIS_URL';

/** A Redis of its own on a free port (or a given one, to come back where it was), empty and forgetful; `settings` are more of redis.conf. */
export async function startRedis({ port, settings: more = {} } = {}) {
  const { command, env } = findProgram({ names: ['redis-server', 'valkey-server'], debian: 'redis-server', advice });
  const folder = temporaryFolder('redis');
  const own = port ?? (await freePort());
  const url = `redis://127.0.0.1:${own}`;
  const settings = { bind: '127.0.0.1', port: own, save: '', appendonly: 'no', databases: 1024, dir: folder, ...more };
  const server = await startServer({
    name: 'Redis',
    command,
    env: { ...process.env, ...env },
    args: Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]),
    folder,
    async ready() {
      const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, password: more.requirepass });
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

/** A sentinel that watches the Redis on `master` under the name `mymaster`, alone, and is quick to give it up. */
export async function startSentinel({ master, password, own: ownPassword }) {
  const { command, env } = findProgram({ names: ['redis-server', 'valkey-server'], debian: 'redis-server', advice });
  const folder = temporaryFolder('sentinel');
  const port = await freePort();
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${folder}`,
    `requirepass ${ownPassword}`,
    `sentinel monitor mymaster 127.0.0.1 ${master} 1`,
    `sentinel auth-pass mymaster ${password}`,
    'sentinel down-after-milliseconds mymaster 500',
    'sentinel failover-timeout mymaster 5000',
  ];
  writeFileSync(join(folder, 'sentinel.conf'), `${lines.join('\n')}\n`);
  const server = await startServer({
    name: 'Redis Sentinel',
    command,
    env: { ...process.env, ...env },
    args: [join(folder, 'sentinel.conf'), '--sentinel'],
    folder,
    async ready() {
      const client = new Redis({ port, password: ownPassword, lazyConnect: true, retryStrategy: () => null });
      client.on('error', () => {});
      try {
        await client.connect();
        // A replica it does not know of yet cannot follow the master.
        if (!/slaves=1/.test(await client.info('sentinel'))) throw new Error('no replica known yet');
      } finally {
        client.disconnect();
      }
    },
  });
  return { port, ...server };
}

/** Three masters, each on a third of the slots, without replicas. */
export async function startCluster() {
  const nodes = [];
  // The nodes speak to one another ten thousand above their port.
  while (nodes.length < 3) {
    const port = await freePort();
    if (port < 55_000) nodes.push(await startRedis({ port, settings: { 'cluster-enabled': 'yes', databases: 1 } }));
  }
  const clients = nodes.map(({ url }) => new Redis(url));
  try {
    const third = Math.ceil(16_384 / clients.length);
    await Promise.all(
      clients.map(async (client, at) => {
        const slots = Array.from({ length: third }, (_, n) => at * third + n).filter((slot) => slot < 16_384);
        await client.call('cluster', 'addslots', ...slots);
        await client.call('cluster', 'meet', '127.0.0.1', String(nodes[0].port));
      }),
    );
    for (const client of clients) {
      while (!/cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(String(await client.call('cluster', 'info'))))
        await new Promise((done) => setTimeout(done, 25));
    }
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    stop: () => Promise.all(nodes.map((node) => node.stop())),
  };
}
