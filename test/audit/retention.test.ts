import type { AuditEvent } from '../../src/audit/event.ts';
import { trimRecord } from '../../src/audit/retention.ts';
import { type Db, openDatabase } from '../../src/store/database.ts';
import { Events } from '../../src/store/events.ts';
import { migrate } from '../../src/store/migrate.ts';
import { freshDatabase } from '../support/postgres.ts';

const DAY = 86_400_000;
const now = Date.parse('2027-01-01T00:00:00Z');

describe('the record is kept for as long as the configuration says', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let db: Db;
  let events: Events;
  const recorded: AuditEvent[] = [];
  const recorder = { record: async (event: AuditEvent) => void recorded.push(event) };
  beforeAll(async () => {
    database = await freshDatabase();
    db = await openDatabase({ url: database.url });
    await migrate(db);
    events = new Events(db.knex);
    const old = Array.from({ length: 2500 }, (_, n) => ({ type: 'sign-in', at: now - 401 * DAY - n, user: 'ana' }));
    const recent = Array.from({ length: 10 }, (_, n) => ({ type: 'sign-in', at: now - 399 * DAY + n, user: 'ana' }));
    await events.insertMany([...old, ...recent]);
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });
  const left = async () => Number((await db.knex('events').count({ n: '*' }))[0]?.n);
  const trim = (retention: number) => trimRecord({ events, recorder, retention }, now);

  test('for ever when it says 0', async () => {
    expect(await trim(0)).toBe(0);
    expect(await left()).toBe(2510);
  });

  test('a batch is found by its time, not by reading all of the record', async () => {
    const plan = await db.knex.transaction(async (trx) => {
      await trx.raw('set local enable_seqscan = off');
      const { rows } = await trx.raw('explain select id from events where at < ? order by at limit 1000', [
        new Date(now),
      ]);
      return JSON.stringify(rows);
    });
    expect(plan).toContain('events_by_time');
  });

  test('a node whose turn it is not removes nothing', async () => {
    await db.knex.transaction(async (trx) => {
      await trx.raw('select pg_advisory_xact_lock(84021029)');
      expect(await trim(400 * 86_400)).toBe(0);
    });
    expect(await left()).toBe(2510);
  });

  test('what is older goes, what is younger stays, and that is on record with how much and up to when', async () => {
    expect(await trim(400 * 86_400)).toBe(2500);
    expect(await events.ofUser('ana', 100)).toHaveLength(10);
    expect(recorded).toEqual([
      { type: 'audit.trimmed', at: now, detail: { removed: 2500, before: '2025-11-27T00:00:00.000Z' } },
    ]);
    expect(await trim(400 * 86_400)).toBe(0);
    expect(recorded).toHaveLength(1);
  });
});
