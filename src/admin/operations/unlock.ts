import * as z from 'zod';
import { operation } from './operation.ts';
import { named, userTarget, who } from './person.ts';

export const unlock = operation({
  id: 'users.unlock',
  method: 'POST',
  path: '/users/{user}/unlock',
  summary: 'Forgive the wrong answers against a person: every method that was locked or disabled by them works again',
  permission: 'credentials.reset',
  input: z.strictObject({ user: who }),
  output: z.strictObject({
    store: z.string(),
    username: z.string(),
    credentials: z.int().describe('How many were locked or disabled'),
  }),
  event: 'credential.unlocked',
  target: userTarget,
  async perform(parts, input, { at }) {
    const { id, store, username } = await named(parts, input.user);
    const credentials = await parts.credentials.unlock(id, at);
    return { body: { store, username, credentials }, user: id, detail: { credentials } };
  },
});
