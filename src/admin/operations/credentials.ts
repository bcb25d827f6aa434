import * as z from 'zod';
import type { Credential } from '../../domain/credential.ts';
import { Problem } from '../api/problem.ts';
import { instant } from './instant.ts';
import { operation } from './operation.ts';
import { live } from './parts.ts';
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
});

const shown = (one: Credential): z.output<typeof credential> => ({
  ...{ id: one.id, method: one.method, label: one.label, created_at: instant(one.createdAt) },
  ...(one.lastUsedAt === undefined ? {} : { last_used_at: instant(one.lastUsedAt) }),
  failures: one.failures,
  ...(one.lockedUntil === undefined ? {} : { locked_until: instant(one.lockedUntil) }),
  disabled: one.disabled,
});

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
    summary: 'Take one away, a lost phone say; sessions that were opened with it end',
    permission: 'credentials.reset',
    input: z.strictObject({ user: who, credential: z.string().min(1).max(64) }),
    output: z.strictObject({}),
    event: 'credential.removed',
    others: true,
    target: userTarget,
    async perform(parts, input) {
      const { id } = await named(parts, input.user);
      const { sessions, endTokens } = live(parts);
      const going = (await parts.credentials.of(id)).find((one) => one.id === input.credential);
      if (!going || !(await parts.credentials.remove(id, going.id))) throw new Problem('not-found');
      // Whoever has it may have got himself a refresh token with it; a pass opened sessions without being evidence in them.
      await endTokens(id);
      await sessions.endAll(id, 'credential removed', {
        which: ({ evidence, standIns }) => [...evidence, ...standIns].some((piece) => piece.credential === going.id),
      });
      return { body: {}, user: id, detail: { method: going.method, credential: going.id } };
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
