/** P12.people: how a person among a hundred thousand is found by name: statements, and by which way PostgreSQL goes. */
import pg from 'pg';
import { startStile } from '../support/stile.ts';
import { countStatements } from '../support/trips.ts';
import { least } from './counts.ts';
import { type Results, result } from './result.ts';
import { measured } from './servers.ts';
import { anybody, signIn } from './visitor.ts';

const many = 100_000;

export async function people(): Promise<Results> {
  const { TEST_DATABASE_URL = '' } = process.env;
  const counter = await countStatements(TEST_DATABASE_URL);
  process.env.TEST_DATABASE_URL = counter.url;
  const stile = await startStile({ config: measured() });
  const client = new pg.Client({ connectionString: stile.databaseUrl as string });
  try {
    await client.connect();
    await client.query(
      `insert into users (id, store, username, username_key, name, email, email_key, email_verified, groups, claims)
       select gen_random_uuid(), 'local', 'person' || i, 'person' || i, 'Person ' || i, 'person' || i || '@northfold.example',
              'person' || i || '@northfold.example', true, '[]', '{}' from generate_series(1, $1::int) as i`,
      [many],
    );
    await client.query('analyze users');
    await signIn(stile.issuer, anybody());
    const byName = (await least(counter, () => signIn(stile.issuer, anybody()))).filter((text) => byKey.test(text));
    if (byName.length === 0) throw new Error('nobody was looked for by name');
    const plan = await planOf(client, byName[0] as string);
    if (/"Node Type": "Seq Scan"/.test(plan)) throw new Error(`everybody is read to find one:\n${plan}`);
    const pages =
      Number(/"Shared Hit Blocks": (\d+)/.exec(plan)?.[1]) + Number(/"Shared Read Blocks": (\d+)/.exec(plan)?.[1]);
    return {
      'P12.people': result([byName.length], {
        ...{ goal: 1, unit: 'statements', note: `to find one of ${many} people by name, in a whole sign-in` },
      }),
      'P12.people.pages': result([pages], { unit: 'pages', note: 'it reads, by indexes, planned for any name' }),
    };
  } finally {
    await client.end();
    await stile.stop();
    process.env.TEST_DATABASE_URL = TEST_DATABASE_URL;
    await counter.stop();
  }
}

const byKey = /from users\s+where .*username_key = /s;

/** As PostgreSQL plans it once for all names, which is how a prepared statement ends, and as it went. */
async function planOf(client: pg.Client, text: string): Promise<string> {
  const count = new Set(text.match(/\$\d+/g)).size;
  await client.query('set plan_cache_mode = force_generic_plan');
  await client.query(`prepare found (${Array(count).fill('text')}) as ${text}`);
  const values = Array.from({ length: count }, (_, i) => (i === 1 ? "'local'" : "'person77777'"));
  const { rows } = await client.query(`explain (analyze, buffers, format json) execute found (${values})`);
  return JSON.stringify(rows[0]['QUERY PLAN'], null, 1);
}
