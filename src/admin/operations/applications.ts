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
import { operation } from './operation.ts';
import { cut, keyIn, pageOf, paging } from './page.ts';
import { guardRoles } from './person.ts';

export const applicationOperations = [
  operation({
    id: 'applications.list',
    method: 'GET',
    path: '/applications',
    summary: 'Applications by id',
    permission: 'applications.read',
    input: z.strictObject(paging),
    output: pageOf(application),
    async perform(parts, { limit, cursor }) {
      const rows = await parts.applications.page(keyIn(cursor, ['string'])?.[0], limit + 1);
      return { body: cut(rows, limit, { item: (one) => applicationOf(one, one.source), key: ({ id }) => [id] }) };
    },
  }),
  operation({
    id: 'applications.show',
    method: 'GET',
    path: '/applications/{application}',
    summary: 'One application, without its secret',
    permission: 'applications.read',
    input: z.strictObject({ application: which }),
    output: application,
    async perform(parts, input) {
      const one = await found(parts, input.application);
      return { body: applicationOf(one, one.source) };
    },
  }),
  operation({
    id: 'applications.create',
    method: 'POST',
    path: '/applications',
    summary: 'A new application, by oidc or by saml; a client that needs a secret and brings none is given one',
    permission: 'applications.change',
    input: z.strictObject({
      id: writable.id,
      name: writable.name,
      third_party: writable.third_party.default(false),
      groups: writable.groups.optional(),
      role: writable.role.optional(),
      oidc: writable.oidc.optional(),
      saml: writable.saml.optional(),
    }),
    output: application.extend({ client_secret: z.string().optional().describe('Shown this once') }),
    event: 'application.created',
    async perform(parts, { id, name, third_party: thirdParty, groups, role, oidc, saml }, { by, at }) {
      if (role) guardRoles(by, [role]);
      const protocol = oidc ? 'oidc' : 'saml';
      const given = oidc ?? saml;
      if (!given || (oidc && saml))
        throw new Problem('invalid-input', 'One of oidc and saml says how the application signs people in.', {
          more: { errors: [{ in: 'body', field: 'oidc', detail: 'has to stand there, or saml, and not both' }] },
        });
      const made = oidc && needsSecret(oidc) ? newSecret() : undefined;
      const full = made ? { client_id: id, ...given, client_secret: made } : oidc ? { client_id: id, ...given } : given;
      const settings = settingsFor(protocol, full, parts.rules);
      mayAutomate(role, settings);
      const one: Application = {
        ...{ id, name, protocol, thirdParty, settings, disabled: false },
        ...(groups ? { groups } : {}),
        ...(role ? { role } : {}),
      };
      await parts.applications.change(
        id,
        async (now, all) => {
          if (now) throw new Problem('conflict', `There is an application ${id} already.`);
          unique(one, await all(), parts.rules);
          return one;
        },
        at,
      );
      await parts.live?.refresh();
      const body = applicationOf(one, undefined);
      const done = { status: 201 as const, location: `/applications/${id}`, application: id, detail: { after: body } };
      return { body: { ...body, ...(made ? { client_secret: made } : {}) }, ...done };
    },
  }),
];

const needsSecret = ({
  token_endpoint_auth_method: method = 'client_secret_basic',
  ...given
}: Record<string, unknown>) =>
  given.client_secret === undefined && typeof method === 'string' && method.startsWith('client_secret');
