import { openDatabase } from '../../src/store/database.ts';
import { inLane } from '../../src/store/lane.ts';
import { startPostgres } from '../support/postgres.ts';

const read = (db: Awaited<ReturnType<typeof openDatabase>>, n: unknown) =>
  inLane<{ n: number }>(db.knex, 'reads', 'select ?::integer as n', [n]);

describe('statements in a lane', () => {
  test('fifty at once get each its own answer, a mistake among them its own error', async () => {
    const db = await openDatabase({ url: process.env.TEST_DATABASE_URL! });
    const answers = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => read(db, n === 20 ? 'hunter2' : n)));
    answers.forEach((answer, n) => {
      if (n === 20) expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'error', code: '22P02' } });
      else expect(answer).toMatchObject({ status: 'fulfilled', value: [{ n }] });
    });
    await db.close();
  });

  test('are seen by a transaction as its own, before others see them', async () => {
    const db = await openDatabase({ url: process.env.TEST_DATABASE_URL! });
    await db.knex.transaction(async (trx) => {
      await trx.raw('create temporary table only_mine on commit drop as select 7 as n');
      expect(await inLane(trx, 'reads', 'select n from only_mine where n = ?', [7])).toEqual([{ n: 7 }]);
    });
    await db.close();
  });

  test('give StoreAway within seconds when Postgres hangs or is gone, and serve again when it is back', async () => {
    const server = await startPostgres();
    const db = await openDatabase({ url: server.url, patience: 500 });
    try {
      expect(await read(db, 1)).toEqual([{ n: 1 }]);
      const [{ pid }] = (await db.knex.raw("select pid from pg_stat_activity where query like '%as n%' limit 1")).rows;
      process.kill(pid, 'SIGSTOP');
      const before = performance.now();
      const held = await Promise.allSettled([read(db, 2), read(db, 3)]);
      process.kill(pid, 'SIGCONT');
      for (const one of held) expect(one).toMatchObject({ status: 'rejected', reason: { name: 'StoreAway' } });
      expect(performance.now() - before).toBeLessThan(3000);
      expect(await read(db, 4)).toEqual([{ n: 4 }]);
      await server.stop();
      await expect(read(db, 5)).rejects.toMatchObject({ name: 'StoreAway' });
      await expect(read(db, 6)).rejects.toMatchObject({ name: 'StoreAway' });
    } finally {
      await db.close();
      await server.stop();
    }
  });
});
