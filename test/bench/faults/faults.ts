/** F1: two nodes under load while one of them, Redis or Postgres fails. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Aim, type Result, type Results, result } from '../result.ts';
import { type FaultName, startPair } from './pair.ts';
import { type Seen, storm } from './storm.ts';

const full = { flows: 1000, times: 5 };
const small = { flows: 300, times: 1 };

export async function faults(size: 'full' | 'small'): Promise<Results> {
  const { flows, times } = { full, small }[size];
  const pair = await startPair({ durable: true });
  const results: Results = {};
  try {
    for (const name of Object.keys(pair.faults) as FaultName[]) {
      const fault = pair.faults[name];
      const all: Seen[] = [];
      for (let time = 0; time < times; time++) {
        const how = {
          flows,
          atOnce: 19,
          impatient: 3,
          tail: 5500,
          wait: ({ after }: { after: number }) => wait(after * 1000),
        };
        const seen = await storm(pair, fault, how);
        all.push(seen);
        console.error(`F1.${name} ${time + 1}/${times}: ${line(seen)}`);
      }
      Object.assign(results, told(`F1.${name}`, fault.name, all));
    }
    return results;
  } finally {
    await pair.stop();
  }
}

const line = ({ flows, failures, seen, again, lost, looked, lastFailure }: Seen): string =>
  [
    `${flows} flows, ${sum(Object.values(failures))} first tries failed (last ${lastFailure.toFixed(1)} s after)`,
    `${seen.length} seen after one more try, ${again} signed in again, ${lost.length} of ${looked} answers not found`,
    ...[...Object.entries(failures).map(([what, n]) => `${n} x ${what}`), ...seen, ...lost].slice(0, 12),
  ].join('\n    ');

function told(id: string, name: string, all: readonly Seen[]): Results {
  const flows = sum(all.map((one) => one.flows));
  const looked = sum(all.map((one) => one.looked));
  return {
    [`${id}.seen`]: worst(
      all.map(({ seen }) => seen.length),
      { goal: 0, unit: 'flows', note: `${name}: failed for a client that tries once more, of ${flows}` },
    ),
    [`${id}.lost`]: worst(
      all.map(({ lost }) => lost.length),
      { goal: 0, unit: 'answers', note: `answered and not found afterwards, of ${looked}` },
    ),
    [`${id}.end`]: worst(
      all.map(({ lastFailure }) => lastFailure),
      { goal: 5, unit: 's', note: 'from the end of the fault to the last failed first try' },
    ),
    [`${id}.failures`]: result(
      all.map(({ failures }) => sum(Object.values(failures))),
      { unit: 'flows', note: 'first tries that failed' },
    ),
    [`${id}.again`]: result(
      all.map(({ again }) => again),
      { unit: 'flows', note: 'began again with a sign-in' },
    ),
  };
}

/** What must never happen is not told by its median. */
const worst = (values: readonly number[], aim: Aim): Result => ({
  ...result(values, aim),
  value: Number(Math.max(...values).toPrecision(4)),
});

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
