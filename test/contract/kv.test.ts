import { MemoKv, requestScope } from '../../src/state/memo.ts';
import { MemoryKv } from '../../src/state/memory.ts';
import { RedisKv } from '../../src/state/redis.ts';
import { freshRedis, startCluster } from '../support/redis.ts';
import { kvContract } from './kv.contract.ts';

const memory = async () => {
  const kv = new MemoryKv();
  return [kv, kv] as const;
};
const redis = async () => {
  const { url } = await freshRedis();
  return [new RedisKv({ url, prefix: 'a:' }), new RedisKv({ url, prefix: 'a:' })] as const;
};

const clusters: Awaited<ReturnType<typeof startCluster>>[] = [];
const cluster = async () => {
  const one = await startCluster();
  clusters.push(one);
  return [new RedisKv({ url: one.url, prefix: 'a:' }), new RedisKv({ url: one.url, prefix: 'a:' })] as const;
};
afterAll(() => Promise.all(clusters.map((one) => one.stop())));

kvContract('memory', memory);
kvContract('Redis', redis);
kvContract('Redis Cluster', cluster);
kvContract('memory behind a memo', async () => {
  const [kv] = await memory();
  return [new MemoKv(kv), new MemoKv(kv)];
});
kvContract('Redis behind a memo', async () => {
  const [one, other] = await redis();
  return [new MemoKv(one), new MemoKv(other)];
});
kvContract('memory behind a memo, each door one request', async () => {
  const [kv] = await memory();
  return [inOneRequest(new MemoKv(kv)), new MemoKv(kv)];
});

/** Every verb inside one and the same request: what it reads itself must be as fresh as the contract says. */
function inOneRequest(kv: MemoKv): MemoKv {
  const memo = new Map();
  return new Proxy(kv, {
    get: (target, verb: keyof MemoKv) =>
      typeof target[verb] === 'function'
        ? (...args: never[]) => requestScope.run(memo, () => (target[verb] as (...a: never[]) => unknown)(...args))
        : target[verb],
  });
}
