/** P12.sessions: the silent flow where a Redis holds many sessions, beside one that holds few, taking turns. */
import { Redis } from 'ioredis';
import { startRedis } from '../support/redis.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { multiply } from './memory.ts';
import { median, type Results, result } from './result.ts';
import { measured } from './servers.ts';
import { anybody, signIn, Visitor } from './visitor.ts';

const few = 1000;
const made = 20;
const [rounds, each, warmUp] = [15, 60, 400] as const;

export async function sessions(size: 'full' | 'small'): Promise<Results> {
  const many = size === 'full' ? 1_000_000 : 100_000;
  const running: { stop(): Promise<unknown> }[] = [];
  try {
    const sides: Visitor[] = [];
    for (const count of [few, many]) sides.push(await visited(count, running));
    const [handful, crowd] = sides as [Visitor, Visitor];
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const first = round % 2 === 0;
      const early = await halfTime(first ? handful : crowd);
      const late = await halfTime(first ? crowd : handful);
      ratios.push(first ? late / early : early / late);
    }
    for (const visitor of sides) visitor.leave();
    const note = `p50 of the silent flow with ${many} sessions in Redis, over ${few}${size === 'full' ? '' : '; a million by --full'}`;
    return { 'P12.sessions': result(ratios, { goal: 1.5, unit: 'x few', note }) };
  } finally {
    for (const one of running.reverse()) await one.stop();
  }
}

/** Somebody signed in at a server of its own, whose Redis holds so many sessions. */
async function visited(count: number, running: { stop(): Promise<unknown> }[]): Promise<Visitor> {
  const redis = await startRedis();
  running.push(redis);
  const stile: Stile = await startStile({ config: measured(), env: { REDIS_URL: redis.url } });
  running.push(stile);
  for (let i = 1; i < made; i++) await signIn(stile.issuer, anybody());
  const store = new Redis(redis.url);
  try {
    const kept = (await store.keys('*')).filter((key) => /^su?:/.test(key));
    await multiply(store, kept, count - made);
  } finally {
    store.disconnect();
  }
  const visitor = new Visitor(stile.issuer, (await signIn(stile.issuer, anybody())).person);
  for (let i = 0; i < warmUp; i++) await visitor.visit();
  return visitor;
}

/** The median of some visits, one after another, in milliseconds. */
async function halfTime(visitor: Visitor): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < each; i++) {
    const began = performance.now();
    await visitor.visit();
    times.push(performance.now() - began);
  }
  return median(times);
}
