import * as z from 'zod';
import { personFields } from '../../config/person.ts';
import { nameOf } from '../actor.ts';
import { operation } from './operation.ts';
import { link, linkFor } from './registration-link.ts';

export const ownerOperations = [
  operation({
    id: 'owners.create',
    method: 'POST',
    path: '/owners',
    summary: 'Make an owner, and the person if there is none of that name: the answer is their registration link',
    permission: 'owners.create',
    input: z.strictObject({ username: personFields.username, name: personFields.name }),
    output: z.strictObject({ id: z.string(), username: z.string(), made: z.boolean(), ...link.shape }),
    event: 'role.granted',
    local: true,
    async perform(parts, { username, name = username }, call) {
      const fresh = { store: 'local', username, name, emailVerified: false, groups: [], claims: {} };
      const made = await parts.users.insert(fresh);
      const user = made ?? (await parts.users.byUsername('local', username));
      if (!user) throw new Error(`${username} could neither be made nor found`);
      const made_link = await linkFor(parts, user, call);
      await parts.roles.grants.add('owner', { user: user.id }, nameOf(call.by), call.at);
      const body = { id: user.id, username: user.username, made: made !== undefined, ...made_link };
      return { body, status: 201, user: user.id, detail: { role: 'owner', made: body.made } };
    },
  }),
];
