import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { clientSchema, settingsOf } from '../../config/client.ts';
import { clientProblems } from '../../config/client-problems.ts';
import { spell, type Problem as Wrong } from '../../config/problems.ts';
import { samlProblems, samlSchema } from '../../config/saml.ts';
import { slug, text } from '../../config/words.ts';
import type { InspectMetadata } from '../../config.ts';
import type { Application } from '../../domain/application.ts';
import { roleNames } from '../../domain/role.ts';
import { invalid, Problem } from '../api/problem.ts';
import type { AdminParts } from './parts.ts';

/** What has to be known to judge an application's settings. */
export interface ApplicationRules {
  /** The acr values and AuthnContext classes there are. */
  readonly names: readonly string[];
  readonly inspect: InspectMetadata;
}

/** The file's own schemas, save the keys that name files of the server: a request must not read those. */
const oidc = clientSchema.omit({ client_secret_file: true });
const saml = samlSchema.omit({ metadata_file: true, signing_cert_file: true });

/** `client_secret` is written by the server: it is shown once, in the answer that made it. */
export const writable = {
  id: slug(),
  name: text(128),
  third_party: z.boolean(),
  groups: z.array(text(256)),
  role: z.enum(roleNames),
  oidc: z.record(z.string(), z.unknown()).describe('Client metadata by the names of RFC 7591, and ours'),
  saml: z.record(z.string(), z.unknown()).describe('metadata or metadata_url, and the keys of saml: in the file'),
};

export const application = z.strictObject({
  id: z.string(),
  name: z.string(),
  protocol: z.string(),
  third_party: z.boolean(),
  groups: z.array(z.string()).optional(),
  role: z.enum(roleNames).optional(),
  disabled: z.boolean(),
  source: z.string().describe('file: only the file changes it'),
  oidc: z.record(z.string(), z.unknown()).optional(),
  saml: z.record(z.string(), z.unknown()).optional(),
});

/** As it is shown: without its secrets. */
export function applicationOf(one: Application, source: string | undefined): z.output<typeof application> {
  const { client_secret: _, registration_access_token: __, ...settings } = one.settings;
  return {
    ...{ id: one.id, name: one.name, protocol: one.protocol, third_party: one.thirdParty },
    ...(one.groups ? { groups: [...one.groups] } : {}),
    ...(one.role ? { role: one.role } : {}),
    ...{ disabled: one.disabled, source: source ?? 'api' },
    ...(one.protocol === 'saml' ? { saml: settings } : { oidc: settings }),
  };
}

const refused = (errors: readonly { field: string; detail: string }[]): Problem =>
  invalid(...errors.map((one) => ({ in: 'body' as const, ...one })));

/** The settings of an application as they are stored, by the very rules of the file. Throws Problem 400. */
export function settingsFor(
  protocol: 'oidc' | 'saml',
  given: Readonly<Record<string, unknown>>,
  rules: ApplicationRules,
): Record<string, unknown> {
  const result = (protocol === 'oidc' ? oidc : saml).safeParse(given);
  if (!result.success)
    throw refused(
      result.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({ field: `${protocol}.${key}`, detail: 'is not a known field' }))
          : [{ field: spell([protocol, ...issue.path]), detail: issue.message }],
      ),
    );
  const wrongs: Wrong[] =
    protocol === 'oidc'
      ? clientProblems(given, ['oidc'], rules.names)
      : [...samlProblems(given, ['saml'], rules.names), ...metadataWrong(given, rules)];
  if (wrongs.length > 0) throw refused(wrongs.map(({ at, wrong }) => ({ field: at, detail: wrong })));
  return protocol === 'oidc' ? settingsOf(result.data as Parameters<typeof settingsOf>[0]) : result.data;
}

function metadataWrong(given: Readonly<Record<string, unknown>>, { inspect }: ApplicationRules): Wrong[] {
  if (typeof given.metadata !== 'string') return [];
  const entityId = typeof given.entity_id === 'string' ? given.entity_id : undefined;
  const seen = inspect(given.metadata, { certificates: undefined, old: given.accept_sha1 === true, entityId });
  return 'wrong' in seen ? [{ at: 'saml.metadata', wrong: seen.wrong }] : [];
}

/** One client_id, and one entityID, is one application. Throws Problem 409. */
export function unique(one: Application, all: readonly Application[], { inspect }: ApplicationRules): void {
  const name = (other: Application) => {
    if (other.protocol === 'oidc') return other.settings.client_id ?? other.id;
    const { metadata, entity_id } = other.settings;
    if (typeof metadata !== 'string') return entity_id;
    const seen = inspect(metadata, { certificates: undefined, old: true, entityId: undefined });
    return 'entityId' in seen ? seen.entityId : entity_id;
  };
  const same = all.find(
    (other) =>
      other.id !== one.id && other.protocol === one.protocol && name(other) !== undefined && name(other) === name(one),
  );
  if (same) throw new Problem('conflict', `The application ${same.id} is known by the same name.`);
}

export const which = z.string().min(1).max(128).describe('The id of an application');

/** Throws Problem 404. */
export async function found({ applications }: AdminParts, id: string) {
  const one = await applications.find(id);
  if (!one) throw new Problem('not-found', `There is no application ${id}.`);
  return one;
}

/** A client secret of 256 bits. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** What administers by itself has to have tokens of its own. Throws Problem 400. */
export function mayAutomate(role: string | undefined, settings: Readonly<Record<string, unknown>>): void {
  if (!role || (settings.grant_types as string[] | undefined)?.includes('client_credentials')) return;
  throw refused([{ field: 'role', detail: 'is for automation: it needs client_credentials in oidc.grant_types' }]);
}
