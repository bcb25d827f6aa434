import * as z from 'zod';
import type { Credential } from '../../domain/credential.ts';
import { Problem } from '../api/problem.ts';
import { instant } from './instant.ts';
import { operation } from './operation.ts';
import { settlePreferred, shutOutWith } from './out-of-use.ts';
import { type AdminParts, live } from './parts.ts';
import { named, userTarget, who } from './person.ts';
import { link, linkFor, mailLink } from './registration-link.ts';

const credential = z.strictObject({
  id: z.string(),
  method: z.string(),
  label: z.string(),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().optional(),
  failures: z.int().describe('Wrong answers in a row, from browsers it was never proved in'),
  locked_until: z.iso.datetime().optional(),
  disabled: z.boolean().describe('By wrong answers; users.unlock forgives them'),
  lost: z.boolean().describe('It works no longer, and keeps whoever has the password from registering another'),
  spent: z.int().optional().describe('Recovery codes that were used'),
  left: z.int().optional().describe('Recovery codes that still work'),
});

const shown = (one: Credential): z.output<typeof credential> => ({
  ...{ id: one.id, method: one.method, label: one.label, created_at: instant(one.createdAt) },
  ...(one.lastUsedAt === undefined ? {} : { last_used_at: instant(one.lastUsedAt) }),
  failures: one.failures,
  ...(one.lockedUntil === undefined ? {} : { locked_until: instant(one.lockedUntil) }),
  ...{ disabled: one.disabled, lost: one.lost === true, ...codesOf(one) },
});

const codesOf = ({ data, spent = 0 }: Credential) =>
  typeof data.codes === 'number' ? { spent, left: Math.max(0, data.codes - spent) } : {};

/** One of a person's. Throws Problem 404. */
async function theirs(parts: AdminParts, user: string, id: string): Promise<Credential> {
  const found = (await parts.credentials.of(user)).find((one) => one.id === id);
  if (!found) throw new Problem('not-found');
  return found;
}

const which = z.strictObject({ user: who, credential: z.string().min(1).max(64) });

export const credentialOperations = [
  operation({
    id: 'users.credentials.list',
    method: 'GET',
    path: '/users/{user}/credentials',
    summary: 'What a person signs in with; never a secret',
    permission: 'users.read',
    input: z.strictObject({ user: who }),
    output: z.strictObject({ items: z.array(credential) }),
    async perform(parts, { user }) {
      const { id } = await named(parts, user);
      return { body: { items: (await parts.credentials.of(id)).map(shown) } };
    },
  }),
  operation({
    id: 'users.credentials.remove',
    method: 'DELETE',
    path: '/users/{user}/credentials/{credential}',
    summary: 'Take one away, so that another can be set up; sessions that were opened with it end',
    permission: 'credentials.reset',
    input: which,
    output: z.strictObject({}),
    event: 'credential.removed',
    others: true,
    target: userTarget,
    async perform(parts, input) {
      const user = await named(parts, input.user);
      live(parts);
      const going = await theirs(parts, user.id, input.credential);
      if (!(await parts.credentials.remove(user.id, going.id))) throw new Problem('not-found');
      const settled = await settlePreferred(parts, user, going, 'removed');
      await shutOutWith(parts, going, 'removed');
      const { method, label } = going;
      return { body: {}, user: user.id, detail: { method, credential: going.id, label, ...settled } };
    },
  }),
  operation({
    id: 'users.credentials.lose',
    method: 'POST',
    path: '/users/{user}/credentials/{credential}/lose',
    summary:
      'Report one lost or stolen for its owner: it works no longer, sessions that were opened with it and all tokens end, and whoever finds it with the password cannot set up another',
    permission: 'credentials.reset',
    input: which,
    output: credential,
    event: 'credential.lost',
    others: true,
    target: userTarget,
    async perform(parts, input, { at }) {
      const user = await named(parts, input.user);
      const { methods } = live(parts);
      const going = await theirs(parts, user.id, input.credential);
      const method = methods.get(going.method);
      if (method && !method.register)
        throw new Problem('conflict', 'Only what was registered can be lost: this one is reset or taken away.');
      const fresh = await parts.credentials.lose(user.id, going.id, at);
      const settled = await settlePreferred(parts, user, going, 'lost');
      // Even when it was lost already: a node may have been interrupted in between.
      await shutOutWith(parts, going, 'lost');
      const detail = { method: going.method, credential: going.id, label: going.label, ...settled };
      return { body: shown({ ...going, lost: true }), user: user.id, detail, same: !fresh };
    },
  }),
  operation({
    id: 'users.registration-link',
    method: 'POST',
    path: '/users/{user}/registration-link',
    summary:
      'A link by which a person chooses a new password, and an authenticator app who has none; an earlier one stops working',
    permission: 'credentials.reset',
    input: z.strictObject({
      user: who,
      mail: z
        .boolean()
        .default(false)
        .describe('Send it to their verified address instead of showing it: then it lets them choose a password alone'),
    }),
    output: link.partial({ link: true }),
    event: 'registration-link.made',
    others: true,
    target: userTarget,
    async perform(parts, input, call) {
      const user = await named(parts, input.user);
      const detail = { mailed: input.mail };
      if (input.mail) return { body: { expires_at: await mailLink(parts, user, call) }, user: user.id, detail };
      return { body: await linkFor(parts, user, call), user: user.id, detail };
    },
  }),
];
