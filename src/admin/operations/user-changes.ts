import * as z from 'zod';
import type { SessionEnd } from '../../authentication/session-end.ts';
import { personFields } from '../../config/person.ts';
import type { User } from '../../domain/user.ts';
import { nameOf } from '../actor.ts';
import { Problem } from '../api/problem.ts';
import { changes } from './changes.ts';
import { type Call, operation } from './operation.ts';
import { type AdminParts, live } from './parts.ts';
import { guardRoles, named, person, personOf, userTarget, who } from './person.ts';

const { email, name, groups, claims } = personFields;

/** What the file declares only the file changes, or the next start would undo it. */
async function byHand(parts: AdminParts, user: User): Promise<void> {
  if (await parts.users.sourceOf(user.id)) throw new Problem('declared-in-file');
}

/** Changes one person, never the last owner's standing. Undefined: they were so already. */
async function change(parts: AdminParts, id: string, call: Call, to: (user: User) => User) {
  let before: User | undefined;
  const after = await parts.roles.keepingAnOwner(async (users) => {
    const changed = await users.change(id, nameOf(call.by), (user) => {
      call.unchanged(personOf(user));
      before = user;
      return to(user);
    });
    return changed ?? null;
  });
  if (!after || !before) throw new Problem('not-found');
  return { after: personOf(after), detail: changes(personOf(before), personOf(after)) };
}

/** Whoever is kept out has no session and no token any more. */
async function shutOut(parts: AdminParts, user: string, reason: SessionEnd): Promise<void> {
  const { sessions, endTokens } = live(parts);
  await parts.links.drop(user);
  await endTokens(user);
  await sessions.endAll(user, reason);
}

const switched = (disabled: boolean) =>
  operation({
    id: disabled ? 'users.disable' : 'users.enable',
    method: 'POST',
    path: `/users/{user}/${disabled ? 'disable' : 'enable'}`,
    summary: disabled
      ? 'Keep a person out: every session and token of theirs ends; a start of the server does not let them in again'
      : 'Let a person in again',
    permission: 'users.change',
    input: z.strictObject({ user: who }),
    output: person,
    event: disabled ? 'user.disabled' : 'user.enabled',
    others: true,
    target: userTarget,
    async perform(parts, input, call) {
      const { id } = await named(parts, input.user);
      if (disabled) live(parts);
      const { after, detail } = await change(parts, id, call, (user) => ({ ...user, disabled }));
      // Even of whoever was disabled already: a node may have been interrupted in between.
      if (disabled) await shutOut(parts, id, 'user disabled');
      return { body: after, user: id, same: detail === undefined };
    },
  });

export const userChangeOperations = [
  operation({
    id: 'users.change',
    method: 'PATCH',
    path: '/users/{user}',
    summary: 'Change what is known of a person; a field that is not sent stays, null takes the address away',
    permission: 'users.change',
    input: z.strictObject({
      user: who,
      name,
      email: email.unwrap().nullable().optional(),
      email_verified: z.boolean().optional(),
      groups: groups.unwrap().optional(),
      claims: claims.unwrap().optional(),
    }),
    output: person,
    event: 'user.changed',
    conditional: true,
    target: userTarget,
    async perform(parts, input, call) {
      const user = await named(parts, input.user);
      await byHand(parts, user);
      const moved = input.groups ? difference(user.groups, input.groups) : [];
      guardRoles(call.by, await parts.roles.ofGroups(moved), user.id);
      const { after, detail } = await change(parts, user.id, call, (now) => {
        // Guarded by what they were read to be.
        if (moved.join() !== (input.groups ? difference(now.groups, input.groups) : []).join())
          throw new Problem('precondition-failed');
        return changed(now, input);
      });
      return { body: after, user: user.id, ...(detail ? { detail } : { same: true }) };
    },
  }),
  switched(true),
  switched(false),
  operation({
    id: 'users.delete',
    method: 'DELETE',
    path: '/users/{user}',
    summary: 'Forget a person, with everything they sign in with; the audit record stays',
    permission: 'users.change',
    input: z.strictObject({ user: who }),
    output: z.strictObject({}),
    event: 'user.deleted',
    conditional: true,
    others: true,
    target: userTarget,
    async perform(parts, input, call) {
      const user = await named(parts, input.user);
      await byHand(parts, user);
      live(parts);
      // Disabled first, so that nobody signs in between the end of the sessions and the end of the person.
      await change(parts, user.id, call, (now) => ({ ...now, disabled: true }));
      await shutOut(parts, user.id, 'user deleted');
      await parts.users.remove(user.id);
      return { body: {}, user: user.id, detail: { before: { store: user.store, username: user.username } } };
    },
  }),
];

const difference = (a: readonly string[], b: readonly string[]): string[] => [
  ...a.filter((one) => !b.includes(one)),
  ...b.filter((one) => !a.includes(one)),
];

interface Wanted {
  readonly name?: string | undefined;
  readonly email?: string | null | undefined;
  readonly email_verified?: boolean | undefined;
  readonly groups?: string[] | undefined;
  readonly claims?: Record<string, unknown> | undefined;
}

/** Another address is not verified because the one before was. */
function changed(user: User, wanted: Wanted): User {
  const { email: was, ...rest } = user;
  const address = wanted.email === undefined ? was : (wanted.email ?? undefined);
  const kept = address !== undefined && address === was && user.emailVerified;
  return {
    ...rest,
    ...(address === undefined ? {} : { email: address }),
    name: wanted.name ?? user.name,
    emailVerified: wanted.email_verified ?? kept,
    groups: wanted.groups ?? user.groups,
    claims: wanted.claims ?? user.claims,
  };
}
