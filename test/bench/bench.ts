/** `npm run bench`: which measures there are, what was asked for, and how they are told. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { applications } from './applications.ts';
import { crowd } from './crowd.ts';
import { faults } from './faults/faults.ts';
import { lemonldap } from './lemonldap.ts';
import { machines } from './machines.ts';
import { memory } from './memory.ts';
import { nodes } from './nodes.ts';
import { people } from './people.ts';
import { primitives } from './primitives.ts';
import { met, type Results } from './result.ts';
import { endpoint } from './saml/endpoint.ts';
import { growth } from './saml/growth.ts';
import { renewal } from './saml/renewal.ts';
import { requests } from './saml/requests.ts';
import { responses } from './saml/responses.ts';
import { sessions } from './sessions.ts';
import { wholeSignIn } from './sign-in.ts';
import { silent } from './silent.ts';
import { starts } from './start.ts';
import { trips } from './trips.ts';

/** In this order; each sees what was measured before it. */
const measures: Readonly<Record<string, (before: Results, size: 'full' | 'small') => Promise<Results>>> = {
  P2: trips,
  P1: silent,
  P3: responses,
  P4: endpoint,
  P5: requests,
  P6: async () => ({ ...(await lemonldap()), ...(await machines()) }),
  P7: (before) => primitives(before['P1.cpu.stile']?.value ?? undefined),
  P8: wholeSignIn,
  P9: crowd,
  P10: memory,
  P11: starts,
  P12: async (_before, size) => ({
    ...(await sessions(size)),
    ...(await applications()),
    ...(await people()),
    ...(await growth()),
    ...(await renewal()),
  }),
  F2: nodes,
  F1: (_before, size) => faults(size),
};

const help = `npm run bench [-- OPTIONS]

Measures Stile against the goals of performance, on a Redis and a Postgres of its own.

  --only P1,P2   run some: ${Object.keys(measures).sort(byNumber).join(', ')} (P7.policy needs P1)
  --full         the whole size of what is smaller by default: F1 (about eight minutes; a minute and a half
                 otherwise) and P12.sessions (a million of them, for which Redis takes a gigabyte)
  --json FILE    write {id: {value, goal, unit, better, spread, rounds}} as well
  --help         this`;

/** The exit code: 0 whether or not goals are met, 1 when something could not be measured, 2 when the question was wrong. */
export async function bench(args: readonly string[]): Promise<number> {
  const asked = question(args);
  if (typeof asked === 'string') {
    console.error(`${asked}\n\n${help}`);
    return 2;
  }
  if (asked.help) {
    console.log(help);
    return 0;
  }
  const redis = await startRedis();
  const postgres = await startPostgres({ durable: true });
  process.env.TEST_REDIS_URL = redis.url;
  process.env.TEST_DATABASE_URL = postgres.url;
  const results: Results = {};
  let failed = 0;
  try {
    for (const [id, measure] of Object.entries(measures)) {
      if (!asked.only.includes(id)) continue;
      console.error(`${id} ...`);
      try {
        Object.assign(results, await measure(results, asked.full ? 'full' : 'small'));
      } catch (error) {
        failed = 1;
        console.error(error);
      }
    }
  } finally {
    await Promise.all([redis.stop(), postgres.stop()]);
  }
  const sorted: Results = Object.fromEntries(Object.entries(results).sort(([a], [b]) => byNumber(a, b)));
  console.log(table(sorted));
  if (asked.json) writeFileSync(asked.json, `${JSON.stringify(sorted, null, 2)}\n`);
  return failed;
}

function question(
  args: readonly string[],
): string | { help: boolean; full: boolean; only: readonly string[]; json?: string } {
  const options = {
    only: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean' },
    full: { type: 'boolean' },
  } as const;
  try {
    const { only, json, help = false, full = false } = parseArgs({ args: [...args], options }).values;
    const known = Object.keys(measures);
    const wanted = only?.split(',') ?? known;
    const unknown = wanted.filter((id) => !known.includes(id));
    if (unknown.length > 0) return `There is no ${unknown.join(', ')}.`;
    return { help, full, only: wanted, ...(json ? { json } : {}) };
  } catch (error) {
    return (error as Error).message;
  }
}

function table(results: Results): string {
  const rows = Object.entries(results).map(([id, one]) => [
    id,
    one.value === null ? '-' : String(one.value),
    one.goal === null ? '' : `${one.better === 'lower' ? '<=' : '>='} ${one.goal}`,
    one.unit,
    { true: 'met', false: 'NOT MET', undefined: '' }[String(met(one))] as string,
    one.value === null ? '' : `± ${one.spread} (${one.rounds})`,
    one.note ?? '',
  ]);
  const all = [['id', 'value', 'goal', 'unit', '', 'spread (rounds)', ''], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** P2 before P11, P1 before P1.cpu. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
