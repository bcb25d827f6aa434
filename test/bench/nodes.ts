/** F2: what a second process on the same Redis and Postgres is worth on this machine. */
import { availableParallelism } from 'node:os';
import { startStile } from '../support/stile.ts';
import { type Results, result } from './result.ts';
import { cpuOf, measured, startMeasured } from './servers.ts';
import { prepare } from './silent.ts';
import { load } from './turns.ts';
import { Visitor } from './visitor.ts';

const [rounds, roundMs, warmUpMs] = [9, 1000, 4000];

export async function nodes(): Promise<Results> {
  const one = await startMeasured();
  const env = { ISSUER: one.issuer, DATABASE_URL: one.databaseUrl ?? '', REDIS_URL: one.redisUrl ?? '' };
  const two = await startStile({ config: measured(), env });
  try {
    const { visitors, people } = await prepare(one);
    const there = people.map((person) => new Visitor(two.address, person));
    const alone = { pid: one.pid, work: visitors.map((visitor) => () => visitor.visit()) };
    const both = {
      pid: one.pid,
      work: visitors.map((visitor, i) => () => (i % 2 ? visitor : (there[i] as Visitor)).visit()),
    };
    for (const each of [alone, both, both]) await load(each, warmUpMs);
    const [ratios, shares]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const single = await load(alone, roundMs);
      const before = cpuOf(one.pid) + cpuOf(two.pid);
      const began = performance.now();
      const double = await load(both, roundMs);
      ratios.push(double.perSecond / single.perSecond);
      shares.push((cpuOf(one.pid) + cpuOf(two.pid) - before) / (performance.now() - began));
    }
    for (const visitor of [...visitors, ...there]) visitor.leave();
    const cores = availableParallelism();
    return {
      F2: result(ratios, {
        ...{ unit: 'x one', better: 'higher' },
        note: `silent flows a second of two processes over those of one, on ${cores} processors`,
      }),
      'F2.share': result(shares, {
        unit: 'processors',
        note: `kept busy by the two; the rest of ${cores} goes to the one who measures, Postgres and Redis`,
      }),
    };
  } finally {
    await two.stop();
    await one.stop();
  }
}
