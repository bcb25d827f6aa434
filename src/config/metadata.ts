import { X509Certificate } from 'node:crypto';
import type { Contents } from './files.ts';
import { type Problem, problem } from './problems.ts';

/** The metadata of service providers and the certificates that sign it: read here, understood in the SAML room. */

/**
 * Whom SAML metadata is about, or what is wrong with it, as the end of a sentence. `certificates` (PEM) have to have
 * signed it; `old` cryptography is taken; `entityId` is whom it has to be about.
 */
export type InspectMetadata = (
  text: string,
  about: {
    readonly certificates: string | undefined;
    readonly old: boolean;
    readonly entityId: string | undefined;
  },
) => { readonly entityId: string } | { readonly wrong: string };

type Group = Readonly<Record<string, unknown>>;

const isGroup = (value: unknown): value is Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with the metadata and the certificates themselves. `file` as it stands, `inspect` from the SAML room. */
export function metadataProblems(
  file: Group,
  contents: Contents,
  issuer: string,
  inspect: InspectMetadata | undefined,
): Problem[] {
  const found: Problem[] = [];
  const certificates = (path: readonly PropertyKey[]) => {
    const pem = contents.get(problem([...path, 'signing_cert_file'], '').at);
    if (!pem || holdsCertificates(pem)) return pem;
    found.push(problem([...path, 'signing_cert_file'], 'holds no certificate in PEM'));
    return undefined;
  };
  const first = new Map<string, number>();
  listed(file.applications).forEach(({ saml }, i) => {
    if (!isGroup(saml)) return;
    const path = ['applications', i, 'saml'];
    const pem = certificates(path);
    const [key, text] = metadataOf(saml, path, contents, issuer);
    const named = typeof saml.entity_id === 'string' ? saml.entity_id : undefined;
    const unread = saml.signing_cert_file !== undefined && pem === undefined;
    const about = { certificates: pem, entityId: named, old: saml.accept_sha1 === true };
    const seen = text === undefined || unread ? undefined : inspect?.(text, about);
    if (seen && 'wrong' in seen) found.push(problem([...path, key], seen.wrong));
    const entityId = seen && 'entityId' in seen ? seen.entityId : named;
    if (entityId === undefined) return;
    const before = first.get(entityId);
    if (before === undefined) first.set(entityId, i);
    else found.push(problem([...path, key], `is about ${entityId}, as that of applications[${before}] is: keep one`));
  });
  for (const i of listed(file.federations).keys()) certificates(['federations', i]);
  return found;
}

const listed = (value: unknown): Group[] => (Array.isArray(value) ? value.map((one) => (isGroup(one) ? one : {})) : []);

/** The key that says where metadata is, and the metadata if that is here. */
export function metadataOf(
  saml: Group,
  path: readonly PropertyKey[],
  contents: Contents,
  issuer: string,
): [key: string, text: string | undefined] {
  if (typeof saml.metadata === 'string') return ['metadata', saml.metadata];
  if (saml.metadata_file === undefined) return ['metadata_url', undefined];
  const text = contents.get(problem([...path, 'metadata_file'], '').at);
  return ['metadata_file', text?.replaceAll('{issuer}', issuer)];
}

/** One at least, and every one readable. */
export function holdsCertificates(pem: string): boolean {
  const blocks = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/gu)];
  try {
    return blocks.map(([, base64 = '']) => new X509Certificate(Buffer.from(base64, 'base64'))).length > 0;
  } catch {
    return false;
  }
}
