import * as z from 'zod';
import type { Resource } from '../domain/resource.ts';
import { type Problem, problem } from './problems.ts';
import { duration, parsed, scopes, section, slug, text } from './words.ts';

/** APIs that trust our access tokens (RFC 8707), and which of them a client may have tokens for. */

const identifier = () =>
  text(512).refine(
    (value) => parsed(value) !== undefined && !value.includes('#'),
    'has to be an absolute URI without a fragment, compared letter by letter',
  );

/** RFC 6749 section 3.3. */
const scope = () =>
  text(128)
    .refine(
      (value) => /^[\x21\x23-\x5b\x5d-\x7e]+$/u.test(value),
      'has to be visible ASCII without spaces, quotes and backslashes',
    )
    .refine((value) => !scopes.some((one) => one === value), 'is a scope of OpenID Connect; an API takes another name')
    .refine((value) => !value.startsWith('stile:'), 'begins with stile:, which is for our own API');

export const resourceSchema = section({
  resource: identifier(),
  name: text(128),
  scopes: z.array(scope()).default([]),
  access_token: z.enum(['jwt', 'opaque']).default('jwt'),
  signed_response_alg: z.enum(['RS256', 'ES256']).default('RS256'),
  lifetime: duration(10, 86_400).default(600),
  acr: text().optional(),
  clients: z.array(slug()).optional(),
});

export const wantedSchema = section({ resource: identifier(), scopes: z.array(text(128)).optional() });

type Group = Readonly<Record<string, unknown>>;

const group = (value: unknown): Group => (typeof value === 'object' && value !== null ? (value as Group) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** What is wrong between the resources and the rest of the file; `names` are the acr values known. */
export function resourceProblems(file: Group, names: readonly string[], issuer: string | undefined): Problem[] {
  const resources = list(file.resources).map(group);
  const applications = list(file.applications).map(group);
  const own = issuer === undefined ? [] : [{ resource: `${issuer}/admin/api`, scopes: ['stile:admin'] }];
  const ids = applications.map(({ id }) => id);
  const declared = resources.flatMap((one, i) => {
    const at = ['resources', i];
    const found = list(one.clients).flatMap((id, j) =>
      ids.includes(id) ? [] : [problem([...at, 'clients', j], 'is the id of no application')],
    );
    if (typeof one.acr === 'string' && !names.includes(one.acr))
      found.push(problem([...at, 'acr'], `is not a name under assurance.names; known are ${names.join(', ')}`));
    if (own.some(({ resource }) => resource === one.resource))
      found.push(problem([...at, 'resource'], 'is our own API, which needs no declaration'));
    return found;
  });
  const wanted = applications.flatMap((application, i) =>
    list(group(application.oidc).resources).flatMap((one, j) => {
      const at = ['applications', i, 'oidc', 'resources', j];
      return wantedProblems(group(one), at, [...resources, ...own]);
    }),
  );
  return [...declared, ...wanted];
}

function wantedProblems(one: Group, at: PropertyKey[], resources: readonly Group[]): Problem[] {
  if (typeof one.resource !== 'string') return [];
  const known = resources.find(({ resource }) => resource === one.resource);
  if (!known) return [problem([...at, 'resource'], 'is not declared under resources')];
  const scopes = list(known.scopes);
  return list(one.scopes).flatMap((name, k) =>
    scopes.includes(name)
      ? []
      : [problem([...at, 'scopes', k], `is no scope of this resource; it has ${scopes.join(', ') || 'none'}`)],
  );
}

export const resourceOf = (one: z.output<typeof resourceSchema>): Resource => ({
  resource: one.resource,
  name: one.name,
  scopes: one.scopes,
  accessToken: one.access_token,
  alg: one.signed_response_alg,
  lifetime: one.lifetime,
  ...(one.acr === undefined ? {} : { acr: one.acr }),
  ...(one.clients ? { clients: one.clients } : {}),
});
