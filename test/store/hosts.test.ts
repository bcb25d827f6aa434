/** PostgreSQL on several hosts: writes go to the one that takes them, also after it was killed and another took over. */
import pg from 'pg';
import { type Db, openDatabase } from '../../src/store/database.ts';
import { inLane } from '../../src/store/lane.ts';
import { startPostgres } from '../support/postgres.ts';

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
const at = ({ port }: { port: number }) => `127.0.0.1:${port}`;
const url = (hosts: string, options = '') => `postgres://postgres:over-the-wall@${hosts}/postgres${options}`;
const standing = async (db: Db) => (await db.knex.raw('select pg_is_in_recovery() as standby')).rows[0].standby;

async function told(port: number, sql: string): Promise<unknown> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
}

describe('several hosts', () => {
  let one: Awaited<ReturnType<typeof startPostgres>>;
  let two: typeof one;
  beforeAll(async () => {
    one = await startPostgres();
    two = await startPostgres({ standbyOf: one });
  }, 60_000);
  afterAll(() => Promise.all([one, two].map((server) => server.stop())));

  test.each([
    ['the first', () => `${at(one)},${at(two)}`],
    ['the second, behind a standby', () => `${at(two)},${at(one)}`],
    ['the second, behind nobody', () => `127.0.0.1:1,${at(one)}`],
  ])('the one that takes writes is found: %s', async (_which, hosts) => {
    const db = await openDatabase({ url: url(hosts(), '?target_session_attrs=read-write') });
    expect(await standing(db)).toBe(false);
    expect(await inLane(db.knex, 'record', 'select pg_is_in_recovery() as standby where 1 = ?', [1])).toEqual([
      { standby: false },
    ]);
    await db.close();
  });

  test('a host of its own is taken as it is, unless read-write is asked for', async () => {
    const reading = await openDatabase({ url: url(at(two)) });
    expect(await standing(reading)).toBe(true);
    await reading.close();
    const writing = await openDatabase({ url: url(at(two), '?target_session_attrs=read-write') });
    await expect(writing.knex.raw('select 1')).rejects.toMatchObject({
      name: 'StoreAway',
      cause: { name: 'ReadOnly' },
    });
    await writing.close();
  });

  test('after a failover the other is found, by the pool and by the lanes, within seconds', async () => {
    const db = await openDatabase({ url: url(`${at(one)},${at(two)}`), patience: 2000 });
    await db.knex.raw('create table kept (n integer)');
    await inLane(db.knex, 'record', 'insert into kept values (?)', [1]);
    const { at: written } = (await told(one.port, 'select pg_current_wal_insert_lsn()::text as at')) as { at: string };
    while (!((await told(two.port, `select pg_last_wal_replay_lsn() >= '${written}' as ok`)) as { ok: boolean }).ok)
      await wait(25);
    // Postgres' own word for at once; killed outright, its children would go on for a moment.
    process.kill(one.pid, 'SIGQUIT');
    await one.stop();
    await expect(db.knex.raw('insert into kept values (2)')).rejects.toMatchObject({ name: 'StoreAway' });
    await told(two.port, 'select pg_promote()');
    await db.knex.raw('insert into kept values (?)', [3]);
    // The lane learns of its loss by its first statement at the latest; the next goes to the other host.
    await inLane(db.knex, 'record', 'insert into kept values (?)', [4]).catch(() =>
      inLane(db.knex, 'record', 'insert into kept values (?)', [4]),
    );
    expect((await db.knex.raw('select n from kept order by n')).rows.map(({ n }: { n: number }) => n)).toEqual([
      1, 3, 4,
    ]);
    await db.close();
  }, 60_000);

  test('what is said when none answers holds no password', async () => {
    const db = await openDatabase({ url: url('127.0.0.1:1,127.0.0.1:2'), patience: 500 });
    const error = (await db.knex.raw('select 1').catch((e: Error) => e)) as Error & { cause: Error };
    await db.close();
    expect(error.name).toBe('StoreAway');
    expect(error.cause.message).toContain('127.0.0.1');
    expect(JSON.stringify([error.message, error.stack, error.cause.stack, { ...error.cause }])).not.toContain(
      'over-the',
    );
  });
});
