import type { AuditEvent } from '../../src/audit/event.ts';
import { groupRecorder } from '../../src/audit/recorder.ts';
import { openDatabase } from '../../src/store/database.ts';
import { Events } from '../../src/store/events.ts';
import { migrate } from '../../src/store/migrate.ts';
import { freshDatabase } from '../support/postgres.ts';

const event = (at: number): AuditEvent => ({ type: 'sign-in', at, user: 'ana' });

/** A store whose inserts end when the test says so. */
function slowStore() {
  const inserts: { ats: number[]; commit: () => void; fail: (error: Error) => void }[] = [];
  return {
    inserts,
    insertMany: (events: readonly { at: number }[]) =>
      new Promise<void>((commit, fail) => inserts.push({ ats: events.map(({ at }) => at), commit, fail })),
  };
}
const soon = () => new Promise((done) => setImmediate(done));

describe('the recorder', () => {
  test('answers only when the event is committed', async () => {
    const store = slowStore();
    let answered = false;
    const recorded = groupRecorder(store)
      .record(event(1))
      .then(() => {
        answered = true;
      });
    await soon();
    expect(answered).toBe(false);
    store.inserts[0]!.commit();
    await recorded;
  });

  test('names the request an event belongs to, and lets an event name its own', async () => {
    const written: AuditEvent[] = [];
    const insertMany = async (events: readonly object[]) => void written.push(...(events as AuditEvent[]));
    let request: string | undefined = 'r1';
    const recorder = groupRecorder({ insertMany }, () => request);
    await recorder.record(event(1));
    await recorder.record({ ...event(2), detail: { request: 'own', more: true } });
    request = undefined;
    await recorder.record(event(3));
    expect(written.map(({ detail }) => detail)).toEqual([{ request: 'r1' }, { request: 'own', more: true }, undefined]);
  });

  test('gathers what comes while one insert is under way into the next', async () => {
    const store = slowStore();
    const recorder = groupRecorder(store);
    const all = [1, 2, 3, 4].map((at) => recorder.record(event(at)));
    await soon();
    store.inserts[0]!.commit();
    await soon();
    store.inserts[1]!.commit();
    await Promise.all(all);
    expect(store.inserts.map(({ ats }) => ats)).toEqual([[1], [2, 3, 4]]);
  });

  test('tells everybody who waited for an insert that failed, and goes on', async () => {
    const store = slowStore();
    const recorder = groupRecorder(store);
    const [first, second, third] = [1, 2, 3].map((at) => recorder.record(event(at)));
    await soon();
    store.inserts[0]!.commit();
    await soon();
    store.inserts[1]!.fail(new Error('away'));
    await first;
    await expect(second).rejects.toThrow('away');
    await expect(third).rejects.toThrow('away');
    const fourth = recorder.record(event(4));
    await soon();
    store.inserts[2]!.commit();
    await fourth;
  });

  test('drains: everything recorded before is committed after', async () => {
    const { url, drop } = await freshDatabase();
    const db = await openDatabase({ url });
    await migrate(db);
    const events = new Events(db.knex);
    const recorder = groupRecorder(events);
    const all = Array.from({ length: 100 }, (_, at) => recorder.record(event(at)));
    await recorder.drain();
    expect(await events.ofUser('ana', 1000)).toHaveLength(100);
    await Promise.all(all);
    await db.close();
    await drop();
  });
});
