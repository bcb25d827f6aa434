import * as z from 'zod';
import type { Application } from '../../domain/application.ts';
import { Problem } from '../api/problem.ts';
import {
  application,
  applicationOf,
  found,
  mayAutomate,
  newSecret,
  settingsFor,
  unique,
  which,
  writable,
} from './application.ts';
import { changes } from './changes.ts';
import { type Call, operation, type Target } from './operation.ts';
import type { AdminParts } from './parts.ts';
import { guardRoles } from './person.ts';

/** Whoever changes what may administer has to be allowed as much. */
const applicationTarget = async (parts: AdminParts, input: { application: string }): Promise<Target> => {
  const { role } = await found(parts, input.application);
  return { roles: role ? [role] : [] };
};

/** One application made by hand is changed, with its check of what was read. */
async function change(parts: AdminParts, id: string, call: Call, to: (one: Application) => Application | undefined) {
  const { source } = await found(parts, id);
  if (source === 'file') throw new Problem('declared-in-file');
  let [before, after]: [Application | undefined, Application | undefined] = [undefined, undefined];
  await parts.applications.change(
    id,
    async (now, all) => {
      if (!now) throw new Problem('not-found');
      call.unchanged(applicationOf(now, source));
      [before, after] = [now, to(now)];
      if (after) unique(after, await all(), parts.rules);
      return after;
    },
    call.at,
  );
  await parts.live?.refresh();
  const [was, is] = [before, after].map((one) => (one ? applicationOf(one, source) : {})) as [object, object];
  return { body: is as z.output<typeof application>, application: id, detail: changes(was, is) };
}

const switched = (disabled: boolean) =>
  operation({
    id: disabled ? 'applications.disable' : 'applications.enable',
    method: 'POST',
    path: `/applications/{application}/${disabled ? 'disable' : 'enable'}`,
    summary: disabled ? 'Nobody signs in to it any more' : 'People may sign in to it again',
    permission: 'applications.change',
    input: z.strictObject({ application: which }),
    output: application,
    event: disabled ? 'application.disabled' : 'application.enabled',
    target: applicationTarget,
    async perform(parts, input, call) {
      const { detail, ...done } = await change(parts, input.application, call, (one) => ({ ...one, disabled }));
      return { ...done, same: detail === undefined };
    },
  });

export const applicationChangeOperations = [
  operation({
    id: 'applications.change',
    method: 'PATCH',
    path: '/applications/{application}',
    summary: 'Change what is sent, key by key; null takes a key away (RFC 7396)',
    permission: 'applications.change',
    input: z.strictObject({
      application: which,
      name: writable.name.optional(),
      third_party: writable.third_party.optional(),
      groups: writable.groups.nullable().optional(),
      role: writable.role.nullable().optional(),
      oidc: writable.oidc.optional(),
      saml: writable.saml.optional(),
    }),
    output: application,
    event: 'application.changed',
    conditional: true,
    target: applicationTarget,
    async perform(parts, input, call) {
      if (input.role) guardRoles(call.by, [input.role]);
      const { detail, ...done } = await change(parts, input.application, call, (one) => patched(one, input, parts));
      return { ...done, ...(detail ? { detail } : { same: true }) };
    },
  }),
  switched(true),
  switched(false),
  operation({
    id: 'applications.rotate-secret',
    method: 'POST',
    path: '/applications/{application}/rotate-secret',
    summary: 'A new client secret; the old one stops working at once',
    permission: 'applications.change',
    input: z.strictObject({ application: which }),
    output: z.strictObject({ client_id: z.string(), client_secret: z.string() }),
    event: 'application.secret-rotated',
    target: applicationTarget,
    async perform(parts, input, call) {
      const made = newSecret();
      await change(parts, input.application, call, (one) => {
        if (one.settings.client_secret === undefined) throw new Problem('conflict', 'It has no secret.');
        return { ...one, settings: { ...one.settings, client_secret: made } };
      });
      const { settings } = await found(parts, input.application);
      const client_id = String(settings.client_id ?? input.application);
      return { body: { client_id, client_secret: made }, application: input.application };
    },
  }),
  operation({
    id: 'applications.delete',
    method: 'DELETE',
    path: '/applications/{application}',
    summary: 'Forget an application; the audit record stays',
    permission: 'applications.change',
    input: z.strictObject({ application: which }),
    output: z.strictObject({}),
    event: 'application.deleted',
    conditional: true,
    target: applicationTarget,
    async perform(parts, input, call) {
      const { detail, application: id } = await change(parts, input.application, call, () => undefined);
      return { body: {}, application: id, detail: detail ?? {} };
    },
  }),
];

interface Patch {
  readonly name?: string | undefined;
  readonly third_party?: boolean | undefined;
  readonly groups?: readonly string[] | null | undefined;
  readonly role?: Application['role'] | null | undefined;
  readonly oidc?: Record<string, unknown> | undefined;
  readonly saml?: Record<string, unknown> | undefined;
}

function patched(one: Application, input: Patch, { rules }: AdminParts): Application {
  const protocol = one.protocol === 'saml' ? 'saml' : 'oidc';
  if (input[protocol === 'saml' ? 'oidc' : 'saml'])
    throw new Problem('conflict', 'An application keeps its protocol: make another one.');
  const given = input[protocol];
  const merged = Object.entries({ ...one.settings, ...given }).filter(([, value]) => value !== null);
  const settings = given ? settingsFor(protocol, Object.fromEntries(merged), rules) : one.settings;
  const { groups: hadGroups, role: hadRole, ...rest } = one;
  const groups = input.groups === undefined ? hadGroups : input.groups;
  const role = input.role === undefined ? hadRole : input.role;
  mayAutomate(role ?? undefined, settings);
  return {
    ...rest,
    name: input.name ?? one.name,
    thirdParty: input.third_party ?? one.thirdParty,
    ...(groups ? { groups } : {}),
    ...(role ? { role } : {}),
    settings,
  };
}
