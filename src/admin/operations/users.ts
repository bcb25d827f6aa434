import * as z from 'zod';
import { personFields } from '../../config/person.ts';
import { Problem } from '../api/problem.ts';
import { operation } from './operation.ts';
import { cut, keyIn, pageOf, paging } from './page.ts';
import { guardRoles, named, person, personOf, who } from './person.ts';

export const userOperations = [
  operation({
    id: 'users.list',
    method: 'GET',
    path: '/users',
    summary: 'People by store and user name',
    permission: 'users.read',
    input: z.strictObject({
      search: z
        .string()
        .min(1)
        .max(256)
        .optional()
        .describe('The beginning of a user name or address, or a part of a name'),
      ...paging,
    }),
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
  operation({
    id: 'users.create',
    method: 'POST',
    path: '/users',
    summary: 'A new person, without any way to sign in yet: a registration link (stile user reset) gives them one',
    permission: 'users.change',
    input: z.strictObject({ store: z.enum(['local']).default('local'), ...personFields }),
    output: person,
    event: 'user.created',
    async perform(parts, input, { by }) {
      const { store, username, groups, email_verified: emailVerified, email, claims, name = username } = input;
      // The file may give a role to a name that nobody has yet.
      guardRoles(by, await parts.roles.of({ id: '', store, username, groups }));
      const address = email === undefined ? {} : { email };
      const made = await parts.users.insert({ store, username, name, ...address, emailVerified, groups, claims });
      if (!made) throw new Problem('conflict', `There is a person ${username} already.`);
      const body = personOf(made);
      return { body, status: 201, location: `/users/${made.id}`, user: made.id, detail: { after: body } };
    },
  }),
];
