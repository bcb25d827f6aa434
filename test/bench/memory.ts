/**
 * P10: what a hundred thousand sessions take in a real Redis, each of a person of his own, with its index and three
 * applications. A few are made by signing in; what they left is copied under other names until there are enough.
 */
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { startRedis } from '../support/redis.ts';
import { settings } from '../support/rp.ts';
import { startStile } from '../support/stile.ts';
import { type Results, result } from './result.ts';
import { client, door, signIn } from './visitor.ts';

const [made, wanted] = [40, 100_000] as const;
const ids = ['bench', 'bench-2', 'bench-3'];

export async function memory(): Promise<Results> {
  const redis = await startRedis();
  const applications = ids.map((id) => ({ id, name: id, oidc: { ...client, client_id: id } }));
  const stile = await startStile({ config: settings({ applications }), env: { REDIS_URL: redis.url } });
  const store = new Redis(redis.url);
  try {
    for (let i = 0; i < made; i++) {
      const { person } = await signIn(stile.issuer, `mei${i}`);
      for (const client_id of ids.slice(1)) await person.go(door(stile.issuer, { client_id, prompt: 'none' }));
    }
    await stile.halt();
    // Codes and the like, which are gone a minute later, are no part of a session.
    const all = await store.keys('*');
    const kept = all.filter((key) => /^su?:/.test(key));
    await store.del(...all.filter((key) => !kept.includes(key)));
    const usage = async (of: RegExp) =>
      Promise.all(kept.filter((key) => of.test(key)).map(async (key) => Number(await store.memory('USAGE', key))));
    const [records, indexes] = [await usage(/^s:/), await usage(/^su:/)];
    const one = await used(store);
    await multiply(store, kept, wanted - made);
    const bytes = ((await used(store)) - one) / ((wanted - made) / wanted);
    const note = 'with an index of each person’s sessions and three applications each';
    return {
      P10: result([bytes / 2 ** 20], { goal: 90, unit: 'MiB', note: `of Redis for ${wanted} sessions, ${note}` }),
      'P10.record': result(records, { unit: 'bytes', note: 'of one session’s record, as MEMORY USAGE has it' }),
      'P10.index': result(indexes, { unit: 'bytes', note: 'of one person’s index' }),
    };
  } finally {
    store.disconnect();
    await stile.stop();
    await redis.stop();
  }
}

const used = async (store: Redis): Promise<number> =>
  Number(/used_memory_dataset:(\d+)/.exec(await store.info('memory'))?.[1]) +
  Number(/used_memory_overhead:(\d+)/.exec(await store.info('memory'))?.[1]);

/** Whole keys, as they are, under names as long as their own, with the time each has left. */
export async function multiply(store: Redis, keys: readonly string[], sessions: number): Promise<void> {
  const dumps = await Promise.all(
    keys.map(async (key) => ({ key, ttl: await store.pttl(key), dump: (await store.dumpBuffer(key)) as Buffer })),
  );
  const each = sessions / (keys.length / 2);
  for (let copy = 0; copy < each; copy++) {
    const batch = store.pipeline();
    for (const { key, ttl, dump } of dumps) batch.restore(another(key), Math.max(1000, ttl), dump);
    await batch.exec();
  }
}

function another(key: string): string {
  const kind = key.slice(0, key.indexOf(':') + 1);
  return (
    kind +
    randomBytes(key.length)
      .toString('base64url')
      .slice(0, key.length - kind.length)
  );
}
