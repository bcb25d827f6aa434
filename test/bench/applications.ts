/** P12.applications: what ten thousand of them cost a start and in memory, beside one. They lie in the database, as made by hand. */
import { setTimeout as wait } from 'node:timers/promises';
import { secretsSealer } from '../../src/state/sealer.ts';
import { Applications, type DeclaredApplication } from '../../src/store/applications.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type Stile, startStile, TEST_SECRET } from '../support/stile.ts';
import { type Results, result } from './result.ts';
import { memoryOf } from './servers.ts';
import { config, ready } from './start.ts';
import { client } from './visitor.ts';

const many = 10_000;
const rounds = 7;

export async function applications(): Promise<Results> {
  const servers: Stile[] = [];
  try {
    for (const count of [1, many]) {
      const stile = await startStile({ config });
      servers.push(stile);
      await stile.halt();
      if (count > 1) await fill(stile.databaseUrl as string, count - 1);
    }
    const [one, all] = servers as [Stile, Stile];
    const more = { start: [] as number[], rss: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      const few = await started(one);
      const crowd = await started(all);
      more.start.push(crowd.seconds - few.seconds);
      more.rss.push(crowd.rss - few.rss);
    }
    return {
      'P12.applications.start': result(more.start, {
        goal: 0.5,
        unit: 's',
        note: `later ready with ${many} than with 1`,
      }),
      'P12.applications.rss': result(more.rss, {
        goal: 40,
        unit: 'MiB',
        note: `more held with ${many} than with 1, idle`,
      }),
    };
  } finally {
    for (const stile of servers) await stile.stop();
  }
}

async function fill(url: string, count: number): Promise<void> {
  const db = await openDatabase({ url });
  try {
    const made = Array.from(
      { length: count },
      (_, i): DeclaredApplication => ({
        ...{ id: `application-${i}`, name: `Application ${i}`, protocol: 'oidc', thirdParty: false },
        settings: {
          ...client,
          client_id: `application-${i}`,
          redirect_uris: [`https://application-${i}.northfold.example/callback`],
          backchannel_logout_uri: `https://application-${i}.northfold.example/logout`,
        },
      }),
    );
    await new Applications(db.knex, secretsSealer([TEST_SECRET])).declare(made, 'bench');
  } finally {
    await db.close();
  }
}

/** Seconds until it answers /readyz, MiB it holds a while later. */
async function started(stile: Stile): Promise<{ seconds: number; rss: number }> {
  const began = performance.now();
  await stile.again();
  await ready(stile);
  const seconds = (performance.now() - began) / 1000;
  await wait(1500);
  const rss = memoryOf(stile.pid).now;
  await stile.halt();
  return { seconds, rss };
}
