import * as z from 'zod';
import { operation } from './operation.ts';
import { cut, keyIn, pageOf, paging } from './page.ts';
import { named, person, personOf, who } from './person.ts';
import { unlock } from './unlock.ts';

export const userOperations = [
  operation({
    id: 'users.list',
    method: 'GET',
    path: '/users',
    summary:
      'People by store and user name; `search` finds the beginning of a user name or address, and a part of a name',
    permission: 'users.read',
    input: z.strictObject({ search: z.string().min(1).max(256).optional(), ...paging }),
    output: pageOf(person),
    async perform({ users }, { search, limit, cursor }) {
      const after = keyIn(cursor, ['string', 'string']);
      const rows = await users.page({ search, after, limit: limit + 1 });
      return { body: cut(rows, limit, { item: personOf, key: ({ store, username }) => [store, username] }) };
    },
  }),
  operation({
    id: 'users.show',
    method: 'GET',
    path: '/users/{user}',
    summary: 'One person',
    permission: 'users.read',
    input: z.strictObject({ user: who }),
    output: person,
    perform: async (parts, { user }) => ({ body: personOf(await named(parts, user)) }),
  }),
  unlock,
];
