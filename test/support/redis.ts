import { Redis } from 'ioredis';

export { startCluster, startRedis, startSentinel } from './redis-server.mjs';

/** An empty database of its own (by number) on the run's Redis. */
export async function freshRedis(): Promise<{ url: string }> {
  const redis = new Redis(process.env.TEST_REDIS_URL!);
  try {
    const [, databases] = (await redis.config('GET', 'databases')) as [string, string];
    const number = 1 + ((await redis.incr('stile:test:databases')) % (Number(databases) - 1));
    await redis.select(number);
    await redis.flushdb();
    const url = new URL(process.env.TEST_REDIS_URL!);
    url.pathname = `/${number}`;
    return { url: url.href };
  } finally {
    redis.disconnect();
  }
}
