/** Redis as several: who serves changes while we are connected, and a cluster keeps keys in different places. */
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { RedisKv } from '../../src/state/redis.ts';
import { freshRedis, startCluster, startRedis, startSentinel } from '../support/redis.ts';

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** The first answer that is not a StoreAway; gives up with the last one after twenty seconds. */
async function eventually<T>(act: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + 20_000; ; ) {
    try {
      return await act();
    } catch (error) {
      if ((error as Error).name !== 'StoreAway' || performance.now() > until) throw error;
      await wait(50);
    }
  }
}

describe('with sentinels', () => {
  test('serves again after the master was killed, from the one promoted, with passwords on all of them', async () => {
    const passwords = { requirepass: 'over-the-wall', masterauth: 'over-the-wall' };
    const master = await startRedis({ settings: passwords });
    const replica = await startRedis({ settings: { ...passwords, replicaof: `127.0.0.1 ${master.port}` } });
    const watch = new Redis({ port: replica.port, password: 'over-the-wall' });
    while (!/master_link_status:up/.test(await watch.info('replication'))) await wait(25);
    const sentinel = await startSentinel({ master: master.port, password: 'over-the-wall', own: 'over-the-fence' });
    const said: string[] = [];
    const kv = new RedisKv({
      url: `redis+sentinel://:over-the-wall@127.0.0.1:${sentinel.port}/mymaster/3?sentinel_password=over-the-fence`,
      onAway: (error) => said.push(`away: ${error.message}`),
      onBack: () => said.push('back'),
    });
    try {
      await kv.set('kept', 'x', 60);
      await kv.spend('kept');
      await watch.select(3);
      while (!(await watch.exists('kept'))) await wait(25);
      process.kill(master.pid, 'SIGKILL');
      await eventually(() => kv.set('after', 'y', 60));
      expect((await kv.read('after'))?.value).toBe('y');
      expect(await kv.spend('kept')).toEqual({ value: 'x', first: false });
      expect(await watch.exists('after')).toBe(1);
      expect([said[0], said.at(-1)]).toEqual([expect.stringMatching(/^away: /), 'back']);
      expect(said.join()).not.toContain('over-the');
    } finally {
      watch.disconnect();
      await kv.close();
      await Promise.all([sentinel, replica, master].map((one) => one.stop()));
    }
  }, 60_000);

  test('says StoreAway within seconds when no sentinel answers', async () => {
    const kv = new RedisKv({ url: 'redis+sentinel://127.0.0.1:1,127.0.0.1:2/mymaster', patience: 300 });
    await expect(kv.read('a')).rejects.toMatchObject({ name: 'StoreAway' });
    expect(await kv.ping()).toBe(false);
    await kv.close();
  });
});

describe('as a cluster', () => {
  let trips = 0;
  let cluster: Awaited<ReturnType<typeof startCluster>>;
  let kv: RedisKv;
  beforeAll(async () => {
    cluster = await startCluster();
    kv = new RedisKv({ url: cluster.url, patience: 1000, onTrip: () => trips++ });
  }, 60_000);
  afterAll(async () => {
    await kv.close();
    await cluster.stop();
  });

  const keys = Array.from({ length: 30 }, (_, n) => `key:${n}`);

  test('reads many keys, wherever they lie, in one trip and in the order asked', async () => {
    await Promise.all(keys.map((key) => kv.set(key, key, 60)));
    trips = 0;
    expect((await kv.readMany(['none', ...keys])).map((one) => one?.value)).toEqual([undefined, ...keys]);
    expect(trips).toBe(1);
  });

  test('teaches each node the scripts it has not met', async () => {
    const firsts = await Promise.all(keys.map((key) => kv.spend(key)));
    expect(firsts.every((one) => one?.first)).toBe(true);
    const sums = await Promise.all(keys.map((key) => kv.count(`n:${key}`, 60)));
    expect(new Set(sums)).toEqual(new Set([1]));
  });

  test('is known by any of its nodes, for as long as one of those named lives', async () => {
    const other = new RedisKv({ url: `redis+cluster://127.0.0.1:1,127.0.0.1:${cluster.nodes[1]?.port}` });
    expect((await other.readMany(keys)).map((one) => one?.value)).toEqual(keys);
    await other.close();
  });

  test('without one of its masters gives StoreAway within seconds, says so to readyz, and never hangs', async () => {
    expect(await kv.ping()).toBe(true);
    const [, , lost] = cluster.nodes;
    process.kill(lost!.pid, 'SIGKILL');
    const start = performance.now();
    const outcomes = await Promise.allSettled(keys.map((key) => kv.read(key)));
    const refused = outcomes.filter((one) => one.status === 'rejected').map(({ reason }) => reason.name);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused)).toEqual(new Set(['StoreAway']));
    expect(performance.now() - start).toBeLessThan(5000);
    while (await kv.ping()) await wait(100);
  }, 60_000);
});

test('a password that is wrong is an error without the password', async () => {
  const server = await startRedis({ settings: { requirepass: 'over-the-wall' } });
  const said: Error[] = [];
  const kv = new RedisKv({
    url: server.url.replace('//', '//:not-over-the-wall@'),
    patience: 300,
    onAway: (error) => said.push(error),
  });
  const refused = await kv.set('a', 'x', 60).catch((error: Error) => error);
  await kv.close();
  await server.stop();
  expect(refused).toMatchObject({ name: 'StoreAway' });
  expect(said[0]?.message).toMatch(/WRONGPASS|invalid/i);
  expect(inspect([said, refused], { depth: 9 })).not.toContain('over-the-wall');
});

test('a mistake of ours carries neither the key nor the value it was made with', async () => {
  const kv = new RedisKv(await freshRedis());
  await kv.join('an:index', 'member', 60);
  const error = await kv.count('an:index', 60).catch((e: Error) => e);
  await kv.close();
  expect(error).toMatchObject({ name: 'ReplyError' });
  expect(inspect(error, { depth: 9 })).not.toContain('an:index');
});

test('plain Redis is still asked for many keys by one command', async () => {
  const { url } = await freshRedis();
  const [kv, watch] = [new RedisKv({ url }), new Redis(url)];
  const monitor = await watch.monitor();
  const commands: string[] = [];
  monitor.on('monitor', (_time: string, args: string[]) => commands.push(args.join(' ')));
  await kv.readMany(['only-here:a', 'only-here:b']);
  expect(commands.filter((line) => line.includes('only-here'))).toEqual(['mget only-here:a only-here:b']);
  monitor.disconnect();
  watch.disconnect();
  await kv.close();
});
