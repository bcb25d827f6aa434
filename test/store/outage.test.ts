import { openDatabase } from '../../src/store/database.ts';
import { startPostgres } from '../support/postgres.ts';

const outcome = async (call: PromiseLike<unknown>) => {
  const start = performance.now();
  const error = await Promise.resolve(call).then(
    () => undefined,
    (e: Error) => e,
  );
  return { name: error?.name, ms: performance.now() - start };
};

describe('when Postgres is away', () => {
  test('gives StoreAway within seconds when it hangs, and serves again, each answer to its own question', async () => {
    const server = await startPostgres();
    const db = await openDatabase({ url: server.url, patience: 500 });
    try {
      await db.knex.raw('select 1');
      process.kill(server.pid, 'SIGSTOP');
      // The server's own children go on, as a query under way does: a new connection is what hangs.
      const calls = Array.from({ length: 12 }, () => outcome(db.knex.raw('select pg_sleep(2), 1 as n')));
      for (const { name, ms } of await Promise.all(calls)) {
        expect(name).toBe('StoreAway');
        expect(ms).toBeLessThan(3000);
      }
      process.kill(server.pid, 'SIGCONT');
      const answers = await Promise.all([7, 8, 9].map((n) => db.knex.raw('select ?::integer as n', [n])));
      expect(answers.map(({ rows }) => rows[0].n)).toEqual([7, 8, 9]);
    } finally {
      await db.close();
      await server.stop();
    }
  });

  test('gives StoreAway at once when it was stopped, in a transaction too, and says so to readyz', async () => {
    const server = await startPostgres();
    const db = await openDatabase({ url: server.url });
    try {
      const half = outcome(
        db.knex.transaction(async (trx) => {
          await trx.raw('select 1');
          await server.stop();
          await trx.raw('select 2');
        }),
      );
      expect((await half).name).toBe('StoreAway');
      const { name, ms } = await outcome(db.knex.raw('select 1'));
      expect(name).toBe('StoreAway');
      expect(ms).toBeLessThan(3500);
      expect(await db.ping()).toBe(false);
    } finally {
      await db.close();
    }
  });

  test('keeps a mistake of ours apart, and its message free of values', async () => {
    const db = await openDatabase({ url: process.env.TEST_DATABASE_URL! });
    const error = await db.knex.raw('select ?::integer', ['hunter2']).catch((e: Error) => e);
    expect(error).toMatchObject({ name: 'error', code: '22P02' });
    await expect(db.knex.raw('select nonsense from ? ', ['hunter2'])).rejects.toThrow(/^(?!.*hunter2)/s);
    await db.close();
  });
});
