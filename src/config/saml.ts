import { resolve } from 'node:path';
import * as z from 'zod';
import type { ConfiguredFederation } from '../config.ts';
import type { Contents } from './files.ts';
import { metadataOf } from './metadata.ts';
import { type Problem, problem } from './problems.ts';
import { loopback, parsed, section, slug, text, webAddress } from './words.ts';

/** A SAML service provider as the file declares it, and a federation of many. */

type Group = Readonly<Record<string, unknown>>;

/** One of a few words, or a group of keys that says more. */
const wordOr = <W extends string, G extends z.ZodType>(words: readonly W[], group: G) =>
  z.unknown().transform((value, context): W | z.output<G> => {
    if (words.includes(value as W)) return value as W;
    if (typeof value === 'string')
      context.addIssue({
        code: 'custom',
        message: `is ${JSON.stringify(value)}; allowed: ${words.join(', ')}, or a group of keys`,
      });
    else {
      const result = group.safeParse(value);
      if (result.success) return result.data;
      for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    }
    return z.NEVER;
  });

const uriShape = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/u;
const uri = () => text().refine((value) => uriShape.test(value), 'has to be a URI, like https://... or urn:...');

const formats = ['persistent', 'transient', 'email', 'unspecified'] as const;
const presets = ['basic', 'eduperson', 'microsoft', 'none'] as const;

/** What may be said of one service provider, and of all of a federation. */
const treatment = {
  profile: z.enum(['basic', 'saml2int', 'entra']).optional(),
  sign: z.enum(['response', 'assertion', 'both']).optional(),
  encrypt: z.enum(['auto', 'always', 'never']).optional(),
  nameid: wordOr(
    formats,
    section({
      format: text()
        .refine(
          (value) => formats.some((one) => one === value) || uri().safeParse(value).success,
          `has to be one of ${formats.join(', ')}, or the URI of a format`,
        )
        .optional(),
      attribute: text(256).optional(),
    }),
  ).optional(),
  attributes: wordOr(
    presets,
    section({
      preset: z.enum(presets).optional(),
      map: z.record(text(), text(256).nullable()).optional(),
    }),
  ).optional(),
  context: uri().optional(),
  ignore_requested_context: z.boolean().optional(),
  idp_initiated: z.boolean().optional(),
};

export const samlSchema = section({
  metadata: text(4 * 1024 * 1024).optional(),
  metadata_file: text().optional(),
  metadata_url: webAddress().optional(),
  signing_cert_file: text().optional(),
  entity_id: text().optional(),
  ...treatment,
  signature_algorithm: z.enum(['rsa-sha256', 'ecdsa-sha256', 'rsa-sha1']).optional(),
  accept_sha1: z.boolean().optional(),
});

export const federationSchema = section({
  id: slug(),
  metadata_url: webAddress().optional(),
  metadata_file: text().optional(),
  signing_cert_file: text(),
  defaults: section({
    third_party: z.boolean().default(true),
    groups: z.array(text(256)).optional(),
    ...treatment,
    signature_algorithm: z.enum(['rsa-sha256', 'ecdsa-sha256']).optional(),
  }).prefault({}),
});

/** What is wrong between the keys of `saml:`. */
export function samlProblems(saml: Group, path: readonly PropertyKey[], names: readonly string[]): Problem[] {
  return [
    ...oneSource(saml, path, ['metadata', 'metadata_file', 'metadata_url']),
    ...nameIdProblems(saml, path),
    ...contextProblems(saml, path, names),
  ];
}

const own = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
/** AuthnContext classes that can be said whatever `assurance.names` holds; the SAML room knows what they mean. */
export const samlContexts = ['PasswordProtectedTransport', 'Password', 'TimeSyncToken', 'unspecified'].map(
  (name) => own + name,
);

function contextProblems({ context }: Group, path: readonly PropertyKey[], names: readonly string[]): Problem[] {
  const known = [...samlContexts, ...names];
  // What is no URI is the schema's to say.
  if (typeof context !== 'string' || !uriShape.test(context) || known.includes(context)) return [];
  return [problem([...path, 'context'], `is not a name under assurance.names; known are ${known.join(', ')}`)];
}

export function federationProblems(
  federation: Group,
  path: readonly PropertyKey[],
  names: readonly string[],
): Problem[] {
  const defaults = federation.defaults;
  return [
    ...oneSource(federation, path, ['metadata_url', 'metadata_file']),
    ...(isGroup(defaults) ? nameIdProblems(defaults, [...path, 'defaults']) : []),
    ...(isGroup(defaults) ? contextProblems(defaults, [...path, 'defaults'], names) : []),
  ];
}

function oneSource(group: Group, path: readonly PropertyKey[], keys: readonly string[]): Problem[] {
  const [first, ...others] = keys.filter((key) => group[key] !== undefined);
  if (!first) return [problem([...path, keys[0] as string], `is missing: exactly one of ${keys.join(', ')} is needed`)];
  const found = others.map((key) => problem([...path, key], `stands beside ${first}: keep one`));
  const url = typeof group.metadata_url === 'string' ? parsed(group.metadata_url) : undefined;
  if (url?.protocol === 'http:' && !loopback(url) && group.signing_cert_file === undefined)
    found.push(
      problem([...path, 'metadata_url'], 'has to be https, unless signing_cert_file says who signs what is fetched'),
    );
  return found;
}

function nameIdProblems({ nameid }: Group, path: readonly PropertyKey[]): Problem[] {
  if (!isGroup(nameid) || nameid.format !== 'transient' || nameid.attribute === undefined) return [];
  return [problem([...path, 'nameid', 'attribute'], 'belongs to no transient name: that is another one every time')];
}

const isGroup = (value: unknown): value is Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As it is stored with the application: what was in files put in their place. `i` is the application's place. */
export function samlSettings(
  saml: z.output<typeof samlSchema>,
  i: number,
  contents: Contents,
  issuer: string,
): Record<string, unknown> {
  const { metadata: _, metadata_file: __, signing_cert_file: ___, ...settings } = saml;
  const path = ['applications', i, 'saml'];
  const [, metadata] = metadataOf(saml, path, contents, issuer);
  const signing_cert = contents.get(`applications[${i}].saml.signing_cert_file`);
  return {
    ...settings,
    ...(metadata === undefined ? {} : { metadata }),
    ...(signing_cert === undefined ? {} : { signing_cert }),
  };
}

/** `file` is the configuration's own path. */
export function federationOf(
  declared: z.output<typeof federationSchema>,
  i: number,
  contents: Contents,
  file: string,
): ConfiguredFederation {
  const { id, metadata_url: url, metadata_file, defaults } = declared;
  const { third_party: thirdParty, groups, ...settings } = defaults;
  return {
    id,
    ...(url === undefined ? { file: resolve(file, '..', metadata_file as string) } : { url }),
    certificates: contents.get(`federations[${i}].signing_cert_file`) as string,
    thirdParty,
    ...(groups ? { groups } : {}),
    settings,
  };
}
