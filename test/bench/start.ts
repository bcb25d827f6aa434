/** P11: how long a start takes and what it holds: from the process's birth to the first 200 of /readyz. */
import { setTimeout as wait } from 'node:timers/promises';
import { CALLBACK, settings } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { type Results, result } from './result.ts';
import { memoryOf, startMeasured } from './servers.ts';
import { prepare } from './silent.ts';
import { load } from './turns.ts';
import { anybody, client, signIn } from './visitor.ts';

const rounds = 5;

/** A handful of people, as a first configuration has. */
export const config = {
  ...settings(),
  applications: [{ id: 'bench', name: 'Bench', oidc: { ...client, redirect_uris: [CALLBACK] } }],
  users: settings().users.slice(0, 2),
};

export async function starts(): Promise<Results> {
  const stores = await starting({ config });
  const embedded = await starting({ embedded: true });
  const loaded = await underLoad();
  return {
    'P11.start': result(stores.again, { goal: 0.7, unit: 's', note: 'Redis and Postgres, database in place' }),
    'P11.start.first': result(stores.first, { unit: 's', note: 'empty database: migrations, keys' }),
    'P11.rss.idle': result(stores.idle, { goal: 110, unit: 'MiB' }),
    'P11.rss.load': result([loaded], {
      goal: 220,
      unit: 'MiB',
      note: 'the peak of silent flows and 16 sign-ins at once',
    }),
    'P11.embedded': result(embedded.first, { goal: 3, unit: 's', note: 'the demo in a new folder' }),
    'P11.embedded.again': result(embedded.again, { unit: 's' }),
    'P11.embedded.rss.idle': result(embedded.idle, { unit: 'MiB' }),
    'P11.embedded.rss.peak': result(embedded.peak, { unit: 'MiB', note: 'of the first start' }),
  };
}

interface Starts {
  readonly first: number[];
  readonly again: number[];
  readonly idle: number[];
  readonly peak: number[];
}

async function starting(how: Parameters<typeof startStile>[0]): Promise<Starts> {
  const seen: Starts = { first: [], again: [], idle: [], peak: [] };
  for (let round = 0; round < rounds; round++) {
    let began = performance.now();
    const stile = await startStile(how);
    await ready(stile);
    seen.first.push((performance.now() - began) / 1000);
    seen.peak.push(memoryOf(stile.pid).peak);
    await stile.halt();
    began = performance.now();
    await stile.again();
    await ready(stile);
    seen.again.push((performance.now() - began) / 1000);
    await wait(1500);
    seen.idle.push(memoryOf(stile.pid).now);
    await stile.stop();
  }
  return seen;
}

export async function ready({ issuer }: Stile): Promise<void> {
  while ((await fetch(`${issuer}/readyz`)).status !== 200) await wait(2);
}

async function underLoad(): Promise<number> {
  const stile = await startMeasured();
  try {
    const prepared = await prepare(stile);
    await load(prepared, 5000);
    await Promise.all(Array.from({ length: 16 }, () => signIn(stile.issuer, anybody())));
    await load(prepared, 2000);
    for (const visitor of prepared.visitors) visitor.leave();
    return memoryOf(stile.pid).peak;
  } finally {
    await stile.stop();
  }
}
