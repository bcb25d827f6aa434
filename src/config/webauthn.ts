/** `methods.webauthn`: where passkeys work, and which authenticators are let in. What statements say is read by the method's own room. */
import * as z from 'zod';
import type { Contents } from './files.ts';
import { holdsCertificates } from './metadata.ts';
import { type Problem, problem } from './problems.ts';
import { loopback, parsed, section, text } from './words.ts';

/** Of a model of authenticators (WebAuthn section 6.5.1), as FIDO writes it; capital letters are taken. */
const aaguid = () =>
  z
    .string()
    .refine(
      (value) => /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/iu.test(value),
      'has to be an AAGUID like 2fc0579f-8113-47ea-b116-bb5a8db9202a',
    )
    .transform((value) => value.toLowerCase());

const domain = () =>
  text(253).refine(
    (value) => value === 'localhost' || /^([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]*[a-z\d]$/u.test(value),
    'has to be a domain like example.com, in small letters, without a scheme and a port',
  );

const origin = () =>
  text(2048).refine((value) => {
    const url = parsed(value);
    return url?.origin === value && (url.protocol === 'https:' || (url.protocol === 'http:' && loopback(url)));
  }, 'has to be an origin like https://id.example.org: https, without a path (http only on localhost)');

export const webauthnSchema = section({
  rp_id: domain().optional(),
  origins: z.array(origin()).default([]),
  attestation: z.enum(['none', 'indirect', 'direct', 'enterprise']).default('none'),
  authenticators: section({
    allow: z.array(aaguid()).default([]),
    deny: z.array(aaguid()).default([]),
    metadata_file: text().optional(),
    metadata_roots_file: text().optional(),
    require_metadata: z.boolean().default(false),
  }).prefault({}),
}).prefault({});

export interface ConfiguredWebauthn {
  /** The domain passkeys are made for (WebAuthn section 5.1.2). */
  readonly rpId: string;
  /** Beside the issuer's: where else they may be asked for, by pages that are not ours. */
  readonly related: readonly string[];
  readonly attestation: z.infer<typeof webauthnSchema>['attestation'];
  /** AAGUIDs, lower case. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly requireMetadata: boolean;
  /** A BLOB of the FIDO Metadata Service, or statements in JSON. */
  readonly metadata: string | undefined;
  /** PEM: who may have signed the BLOB; FIDO's roots without. */
  readonly metadataRoots: string | undefined;
}

/** What statements are about, or what is wrong with them as the end of a sentence. `roots` in PEM. */
export type InspectStatements = (
  statements: string,
  roots: string | undefined,
) => { readonly knows: (aaguid: string) => boolean } | { readonly wrong: string };

const place = ['methods', 'webauthn', 'authenticators'];
const named = (key: string) => [...place, key].join('.');

export const webauthnOf = (
  file: z.infer<typeof webauthnSchema>,
  contents: Contents,
  issuer: string,
): ConfiguredWebauthn => ({
  rpId: file.rp_id ?? new URL(issuer).hostname,
  related: [...new Set(file.origins)].filter((one) => one !== new URL(issuer).origin),
  attestation: file.attestation,
  allow: file.authenticators.allow,
  deny: file.authenticators.deny,
  requireMetadata: file.authenticators.require_metadata,
  metadata: contents.get(named('metadata_file')),
  metadataRoots: contents.get(named('metadata_roots_file')),
});

type Group = Readonly<Record<string, unknown>>;
const group = (value: unknown): Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Group) : {};
const listed = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? one.toLowerCase() : '')) : [];

/** What is wrong between the keys of `methods.webauthn` and in the files they name. `file` as it stands. */
export function webauthnProblems(
  file: Group,
  contents: Contents,
  issuer: string,
  inspect: InspectStatements | undefined,
): Problem[] {
  const own = group(group(file.methods).webauthn);
  return [...placeProblems(own, new URL(issuer)), ...authenticatorProblems(own, contents, inspect)];
}

function placeProblems({ rp_id: rpId, origins }: Group, issuer: URL): Problem[] {
  const found: Problem[] = [];
  const related = listed(origins);
  const within = (host: string) => host === rpId || host.endsWith(`.${rpId}`);
  if (typeof rpId === 'string' && !within(issuer.hostname) && !related.includes(issuer.origin))
    found.push(
      problem(
        ['methods', 'webauthn', 'rp_id'],
        `is neither the host of ISSUER (${issuer.hostname}) nor a domain above it, and origins does not list ${issuer.origin}`,
      ),
    );
  related.forEach((one, i) => {
    const path = ['methods', 'webauthn', 'origins', i];
    if (one.startsWith('http:') && !loopback(issuer))
      found.push(problem(path, 'is http, which is for a server on localhost alone'));
    if (related.indexOf(one) < i) found.push(problem(path, 'stands there twice'));
  });
  return found;
}

function authenticatorProblems(own: Group, contents: Contents, inspect: InspectStatements | undefined): Problem[] {
  const found: Problem[] = [];
  const wrong = (key: string, words: string) => found.push(problem([...place, key], words));
  const rules = group(own.authenticators);
  const { metadata_file: file, metadata_roots_file: rootsFile } = rules;
  const [allow, deny] = [listed(rules.allow), listed(rules.deny)];
  const strict = [
    ...(allow.length > 0 ? ['allow'] : []),
    ...(rules.require_metadata === true ? ['require_metadata'] : []),
  ];
  for (const key of strict) {
    if (file === undefined) wrong(key, 'needs metadata_file: without statements no authenticator can prove its model');
    if (own.attestation !== 'direct' && own.attestation !== 'enterprise')
      wrong(key, 'needs attestation: direct or enterprise, or nobody could register any authenticator');
  }
  allow.forEach((one, i) => {
    if (deny.includes(one)) found.push(problem([...place, 'allow', i], 'stands under deny too'));
  });
  if (rootsFile !== undefined && file === undefined) wrong('metadata_roots_file', 'needs metadata_file');
  const roots = contents.get(named('metadata_roots_file'));
  const statements = contents.get(named('metadata_file'));
  if (roots && !holdsCertificates(roots)) wrong('metadata_roots_file', 'holds no certificate in PEM');
  else if (statements && !(rootsFile !== undefined && !roots)) {
    const seen = inspect?.(statements, roots);
    if (seen && 'wrong' in seen) wrong('metadata_file', seen.wrong);
    else if (seen)
      allow.forEach((one, i) => {
        if (!seen.knows(one))
          found.push(
            problem([...place, 'allow', i], 'is in no statement of metadata_file, so nothing could prove to be it'),
          );
      });
  }
  return found;
}
