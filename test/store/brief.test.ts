/** What is sealed for minutes or a day, once the secret that sealed it was taken away. */
import { secretsSealer } from '../../src/state/sealer.ts';
import { ApiAnswers } from '../../src/store/api-answers.ts';
import { type Db, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { RegistrationLinks } from '../../src/store/registration-links.ts';
import { Users } from '../../src/store/users.ts';
import { freshDatabase } from '../support/postgres.ts';

const [old, current] = ['the secret of last year, long enough', 'the secret of this year, long enough'].map((secret) =>
  secretsSealer([secret]),
) as [ReturnType<typeof secretsSealer>, ReturnType<typeof secretsSealer>];
const at = Date.UTC(2026, 10, 24);
let db: Db;
let drop: () => Promise<void>;
beforeAll(async () => {
  const fresh = await freshDatabase();
  drop = fresh.drop;
  db = await openDatabase({ url: fresh.url });
  await migrate(db);
});
afterAll(async () => {
  await db.close();
  await drop();
});

test('an answer is lost, and neither given nor made again', async () => {
  const [before, after] = [new ApiAnswers(db.knex, old), new ApiAnswers(db.knex, current)];
  await before.begin('key', 'request', at);
  await before.finish('key', '{"status":201}');
  expect(await before.begin('key', 'request', at)).toEqual({
    kind: 'answered',
    request: 'request',
    answer: '{"status":201}',
  });
  expect(await after.begin('key', 'request', at)).toEqual({ kind: 'lost', request: 'request' });
});

test('what somebody changed is not taken for it', async () => {
  const answers = new ApiAnswers(db.knex, old);
  await answers.begin('changed', 'request', at);
  await answers.finish('changed', '{}');
  await db
    .knex('api_answers')
    .where({ key_hash: 'changed' })
    .update({ answer: old.seal('{}', 'answer:another') });
  await expect(answers.begin('changed', 'request', at)).rejects.toThrow();
});

test('a registration link goes on, and what it shows begins anew', async () => {
  const person = { store: 'local', username: 'mei', name: 'Mei', emailVerified: false, groups: [], claims: {} };
  const { id } = (await new Users(db.knex).insert(person))!;
  const [before, after] = [new RegistrationLinks(db.knex, old), new RegistrationLinks(db.knex, current)];
  await before.add('token', { user: id, by: 'tom', mailed: true }, at + 900_000);
  await before.keep('token', 'first');
  expect(await after.find('token', at)).toEqual({ user: id, by: 'tom', mailed: true });
  await after.keep('token', 'second');
  expect(await after.find('token', at)).toEqual({ user: id, by: 'tom', mailed: true, state: 'second' });
});
