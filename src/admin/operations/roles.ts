import * as z from 'zod';
import { type Role, roleNames } from '../../domain/role.ts';
import type { Holder } from '../../store/role-grants.ts';
import { type Actor, nameOf } from '../actor.ts';
import { invalid, Problem } from '../api/problem.ts';
import { permissionNames, permissionsOf } from '../roles.ts';
import { instant } from './instant.ts';
import { type Call, operation } from './operation.ts';
import type { AdminParts } from './parts.ts';
import { guardRoles, named, who } from './person.ts';

const role = z.enum(roleNames);

const holder = z.strictObject({
  role,
  user: z.string().optional().describe('The id of a person; of those of the file local:USERNAME'),
  group: z.string().optional(),
  application: z.string().optional().describe('By tokens of its own'),
  source: z.enum(['file', 'api']),
  given_by: z.string().optional(),
  given_at: z.iso.datetime().optional(),
});

const named_holder = { role, user: who.optional(), group: z.string().min(1).max(256).optional() };

type Named = { user?: string | undefined; group?: string | undefined };

/** Exactly one of both; never oneself, nor a group one is in. Throws Problem. */
async function holderOf(parts: AdminParts, { user, group }: Named, by: Actor): Promise<Holder> {
  if ((user === undefined) === (group === undefined))
    throw invalid({ in: 'body', field: 'user', detail: 'has to stand there, or group, and not both' });
  if (user !== undefined) {
    const { id } = await named(parts, user);
    if (by.kind === 'user' && by.id === id) throw new Problem('own-account');
    return { user: id };
  }
  const self = by.kind === 'user' ? await parts.users.byId(by.id) : undefined;
  if (self?.groups.includes(group as string)) throw new Problem('own-account');
  return { group: group as string };
}

const done = (holder: Holder, role: string) => ({
  body: {},
  ...('user' in holder ? { user: holder.user } : {}),
  detail: { role, ...('group' in holder ? { group: holder.group } : {}) },
});

export const roleOperations = [
  operation({
    id: 'roles.list',
    method: 'GET',
    path: '/roles',
    summary: 'The roles, and what each may do',
    permission: 'server.read',
    input: z.strictObject({}),
    output: z.strictObject({
      items: z.array(z.strictObject({ role, permissions: z.array(z.enum(permissionNames)) })),
    }),
    perform: async () => ({
      body: { items: roleNames.map((name) => ({ role: name, permissions: [...permissionsOf([name])] })) },
    }),
  }),
  operation({
    id: 'roles.holders',
    method: 'GET',
    path: '/roles/holders',
    summary: 'Who holds which role, and who gave it',
    permission: 'roles.read',
    input: z.strictObject({}),
    output: z.strictObject({ items: z.array(holder) }),
    async perform({ roles, applications }) {
      const machines = (await applications.all()).flatMap((one) => (one.role && !one.disabled ? [one] : []));
      const file = roles.declared.flatMap(({ role: name, users, groups }) => [
        ...users.map((username) => ({ role: name, user: `local:${username}`, source: 'file' as const })),
        ...groups.map((group) => ({ role: name, group, source: 'file' as const })),
      ]);
      const given = (await roles.grants.all()).flatMap(({ role: name, holder: to, givenBy, givenAt }) => {
        const known = role.safeParse(name);
        if (!known.success) return [];
        const about = { given_by: givenBy, given_at: instant(givenAt) };
        return [{ role: known.data, ...to, source: 'api' as const, ...about }];
      });
      const automation = await Promise.all(
        machines.map(async ({ id, role: name }) => {
          const found = await applications.find(id);
          return { role: name as Role, application: id, source: found?.source === 'file' ? 'file' : 'api' } as const;
        }),
      );
      return { body: { items: [...file, ...given, ...automation] } };
    },
  }),
  operation({
    id: 'roles.grant',
    method: 'POST',
    path: '/roles/{role}/holders',
    summary: 'Give a role to a person or a group: never more than you may do yourself, and never to yourself',
    permission: 'roles.grant',
    input: z.strictObject(named_holder),
    output: z.strictObject({}),
    event: 'role.granted',
    async perform(parts, input, { by, at }) {
      guardRoles(by, [input.role]);
      const to = await holderOf(parts, input, by);
      const added = await parts.roles.grants.add(input.role, to, nameOf(by), at);
      return { ...done(to, input.role), status: 201, same: !added };
    },
  }),
  operation({
    id: 'roles.revoke',
    method: 'DELETE',
    path: '/roles/{role}/holders',
    summary: 'Take a role back that was given by the API; one owner always remains',
    permission: 'roles.grant',
    input: z.strictObject(named_holder),
    output: z.strictObject({}),
    event: 'role.revoked',
    async perform(parts, input, call: Call) {
      guardRoles(call.by, [input.role]);
      const from = await holderOf(parts, input, call.by);
      const removed = await parts.roles.keepingAnOwner((_users, grants) => grants.remove(input.role, from));
      if (!removed) {
        const held =
          'user' in from
            ? await parts.roles.of(await named(parts, from.user))
            : await parts.roles.ofGroups([from.group]);
        throw new Problem(held.includes(input.role) ? 'declared-in-file' : 'not-found');
      }
      return done(from, input.role);
    },
  }),
];
