import * as z from 'zod';
import type { Role } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import type { Actor } from '../actor.ts';
import { Problem } from '../api/problem.ts';
import { covers, may } from '../roles.ts';
import { instant } from './instant.ts';
import type { Target } from './operation.ts';
import type { AdminParts } from './parts.ts';

/** How a request names a person. */
export const who = z.string().min(1).max(400).describe('A person: the id, or store:username like local:ana');

/** A person as the API shows one. */
export const person = z.strictObject({
  id: z.string(),
  store: z.string(),
  username: z.string(),
  name: z.string(),
  email: z.string().optional(),
  email_verified: z.boolean(),
  groups: z.array(z.string()),
  claims: z.record(z.string(), z.unknown()),
  two_step: z.boolean().describe('Whether they switched two-step sign-in on'),
  preferred: z.string().optional().describe('The method they are asked for first'),
  enrolment_asked_at: z.iso
    .datetime()
    .optional()
    .describe('When they were first asked to register a second factor; users.enrolment.reopen forgets it'),
  disabled: z.boolean(),
});

export const personOf = (user: User): z.output<typeof person> => ({
  id: user.id,
  store: user.store,
  username: user.username,
  name: user.name,
  ...(user.email === undefined ? {} : { email: user.email }),
  email_verified: user.emailVerified,
  groups: [...user.groups],
  claims: user.claims,
  two_step: user.twoStep,
  ...(user.preferred === undefined ? {} : { preferred: user.preferred }),
  ...(user.enrolmentAskedAt === undefined ? {} : { enrolment_asked_at: instant(user.enrolmentAskedAt) }),
  disabled: user.disabled,
});

/** By id or by store and user name, never by an address. Throws Problem 404. */
export async function named({ users }: AdminParts, text: string): Promise<User> {
  const [store, ...rest] = text.split(':');
  const username = rest.join(':');
  const found = username ? await users.byUsername(store as string, username) : await users.byId(text);
  if (!found) throw new Problem('not-found', `There is no person ${text}.`);
  return found;
}

/** The target of an operation on the person that its `user` names. */
export async function userTarget(parts: AdminParts, input: { user: string }): Promise<Target> {
  const user = await named(parts, input.user);
  return { user, roles: await parts.roles.of(user) };
}

/**
 * Being in a group, or being called so, may bring roles: nobody gives or takes those who may not give roles, nor gives more
 * than they have, nor moves themselves. Throws Problem 403.
 */
export function guardRoles(by: Actor, roles: readonly Role[], user?: string): void {
  if (roles.length === 0) return;
  if (user !== undefined && by.kind === 'user' && by.id === user) throw new Problem('own-account');
  if (!may(by.roles, 'roles.grant') || !covers(by.roles, roles)) throw new Problem('higher-role');
}
