import { createLocalStore } from '../../src/directory/local.ts';
import type { User } from '../../src/domain/user.ts';
import { ana } from '../support/people.ts';

const tom: User = { ...ana, id: 'u2', username: 'tom', store: 'staff' };
const asked: string[] = [];
const store = createLocalStore({
  byName: async (id, name) => {
    asked.push(name);
    return [ana, tom].find((user) => user.store === id && user.username === name);
  },
  byId: async (id) => [ana, tom].find((user) => user.id === id),
});

test('finds ana by the name she types, with the spaces a phone adds', async () => {
  expect(await store.find(' ana ')).toEqual(ana);
  expect(await store.find('mei')).toBeUndefined();
});

test('does not find tom, who lives in another store, by name or by id', async () => {
  expect(await store.find('tom')).toBeUndefined();
  expect(await store.byId('u2')).toBeUndefined();
  expect(await store.byId('u1')).toEqual(ana);
});

test('does not trouble the database with an empty name or a very long one', async () => {
  asked.length = 0;
  expect(await store.find('  ')).toBeUndefined();
  expect(await store.find('a'.repeat(10_000))).toBeUndefined();
  expect(asked).toEqual([]);
});
