import { Redis } from 'ioredis';
import { RedisKv } from '../../src/state/redis.ts';
import { freshRedis, startRedis } from '../support/redis.ts';

describe('round trips', () => {
  let trips = 0;
  let kv: RedisKv;
  beforeAll(async () => {
    kv = new RedisKv({ ...(await freshRedis()), onTrip: () => trips++ });
    // Every script once, so that Redis knows them.
    await Promise.all([kv.spend('x'), kv.swap('x', 'v', 'to', 1), kv.count('n', 1), kv.join('i', 'm', 1)]);
  });
  beforeEach(() => {
    trips = 0;
  });
  afterAll(() => kv.close());

  test.each<[string, () => Promise<unknown>]>([
    ['read', () => kv.read('a')],
    ['readMany', () => kv.readMany(['a', 'b', 'c'])],
    ['set', () => kv.set('a', 'x', 60)],
    ['add', () => kv.add('b', 'x', 60)],
    ['spend', () => kv.spend('a')],
    ['swap', () => kv.swap('a', 'version', 'y', 60)],
    ['take', () => kv.take('a')],
    ['count', () => kv.count('n', 60)],
    ['join', () => kv.join('i', 'm', 60)],
    ['members', () => kv.members('i')],
    ['leave', () => kv.leave('i', 'm')],
    ['delete', () => kv.delete('a')],
  ])('%s takes one', async (_verb, call) => {
    await call();
    expect(trips).toBe(1);
  });

  test('verbs called together share one, one after the other they do not', async () => {
    await Promise.all([kv.set('a', 'x', 60), kv.read('b'), kv.count('n', 60), kv.join('i', 'm', 60)]);
    expect(trips).toBe(1);
    await kv.read('a');
    await kv.read('a');
    expect(trips).toBe(3);
  });

  test('every trip counted is one that Redis sees', async () => {
    const server = await startRedis();
    const counted = new RedisKv({ url: server.url, onTrip: () => trips++ });
    const watch = new Redis(server.url);
    try {
      await counted.ping();
      trips = 0;
      const reads = async () => Number(/total_reads_processed:(\d+)/.exec(await watch.info('stats'))![1]);
      const before = await reads();
      await Promise.all([counted.set('a', 'x', 60), counted.read('a'), counted.read('b')]);
      await counted.read('a');
      // One of the reads is the watcher's own INFO.
      expect((await reads()) - before - 1).toBe(trips);
    } finally {
      watch.disconnect();
      await counted.close();
      await server.stop();
    }
  });
});

describe('when Redis is away', () => {
  const timed = async (call: Promise<unknown>) => {
    const start = performance.now();
    const error = await call.then(
      () => undefined,
      (e: Error) => e,
    );
    return { name: error?.name, ms: performance.now() - start };
  };

  test('what was under way when the connection broke is refused then, however long its patience', async () => {
    const server = await startRedis();
    let sent: () => void = () => {};
    const kv = new RedisKv({ url: server.url, patience: 600_000, onTrip: () => sent() });
    try {
      await kv.ping();
      process.kill(server.pid, 'SIGSTOP');
      const under = new Promise<void>((resolve) => {
        sent = resolve;
      });
      const reading = timed(kv.read('a'));
      await under;
      process.kill(server.pid, 'SIGKILL');
      expect((await reading).name).toBe('StoreAway');
    } finally {
      await kv.close();
      await server.stop();
    }
  });

  test('gives StoreAway within seconds when it was stopped, and serves again when it is back', async () => {
    const server = await startRedis();
    const kv = new RedisKv({ url: server.url });
    try {
      await kv.set('a', 'x', 60);
      await server.stop();
      const all = await Promise.all([timed(kv.read('a')), timed(kv.count('n', 60)), timed(kv.set('a', 'y', 60))]);
      for (const { name, ms } of all) {
        expect(name).toBe('StoreAway');
        expect(ms).toBeLessThan(3000);
      }
      expect(await kv.ping()).toBe(false);
      const back = await startRedis({ port: server.port });
      try {
        expect(await kv.count('n', 60)).toBe(1);
        expect(await kv.read('a')).toBeUndefined();
      } finally {
        await back.stop();
      }
    } finally {
      await kv.close();
    }
  });

  test('gives StoreAway within seconds when it hangs, and serves again when it goes on', async () => {
    const server = await startRedis();
    const kv = new RedisKv({ url: server.url, patience: 300 });
    try {
      await kv.set('a', 'x', 60);
      process.kill(server.pid, 'SIGSTOP');
      for (const call of [kv.read('a'), kv.spend('a')]) expect(await timed(call)).toMatchObject({ name: 'StoreAway' });
      process.kill(server.pid, 'SIGCONT');
      expect((await kv.read('a'))?.value).toBe('x');
    } finally {
      await kv.close();
      await server.stop();
    }
  });

  test('gives StoreAway when it never was there', async () => {
    const kv = new RedisKv({ url: 'redis://127.0.0.1:1', patience: 300 });
    expect(await timed(kv.read('a'))).toMatchObject({ name: 'StoreAway' });
    await kv.close();
    expect(await timed(kv.read('a'))).toMatchObject({ name: 'StoreAway' });
  });

  test('keeps a mistake of ours apart: it is an ordinary error', async () => {
    const kv = new RedisKv(await freshRedis());
    await kv.join('index', 'member', 60);
    expect(await timed(kv.count('index', 60))).toMatchObject({ name: 'ReplyError' });
    await kv.close();
  });
});
