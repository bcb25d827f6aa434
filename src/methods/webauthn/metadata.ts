import { createHash, X509Certificate } from 'node:crypto';
import { readBlob, type Signers } from './blob.ts';

/** What a metadata statement (FIDO Metadata Statement 3.0) says of one model of authenticators, as far as it is asked. */
export interface Model {
  readonly name: string;
  /** Lower case; absent for keys that know U2F alone. */
  readonly aaguid?: string;
  /** Of U2F keys: SHA-1 of the key in their attestation certificate, in hex. */
  readonly keys: readonly string[];
  readonly roots: readonly X509Certificate[];
  /** FIDO Registry section 3.2: where private keys lie. */
  readonly protection: readonly string[];
  /** A report that this model is not to be believed any more, by its name in the registry. */
  readonly withdrawn?: string;
}

export interface Metadata {
  byAaguid(aaguid: string): Model | undefined;
  /** By the attestation certificate of a U2F key. */
  byCertificate(certificate: X509Certificate): Model | undefined;
  /** Milliseconds since the epoch: when whoever signed it has a newer one. */
  readonly nextUpdate?: number;
  readonly size: number;
}

/** FIDO Metadata Service 3.0 section 3.1.4: after these a key of this model may be anybody's. */
const withdrawals: readonly unknown[] = [
  'REVOKED',
  'USER_VERIFICATION_BYPASS',
  'ATTESTATION_KEY_COMPROMISE',
  'USER_KEY_REMOTE_COMPROMISE',
  'USER_KEY_PHYSICAL_COMPROMISE',
];

type Group = Readonly<Record<string, unknown>>;
const group = (value: unknown): Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Group) : {};
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

const aaguidShape = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/u;

/**
 * Reads a signed BLOB, or JSON: a statement, an entry of a BLOB (a statement with its status reports), or a list of either.
 * What is wrong is said as the end of a sentence. In a signed BLOB an entry that cannot be read is left out: its reader
 * cannot mend it, and a model that is not known is not trusted.
 */
export function readMetadata(
  text: string,
  signers: Signers,
  now: number,
): { readonly metadata: Metadata } | { readonly wrong: string } {
  if (!/^\s*[[{]/u.test(text)) {
    const read = readBlob(text, signers, now);
    if ('wrong' in read) return read;
    const { entries, nextUpdate } = group(read.payload);
    const next = typeof nextUpdate === 'string' ? Date.parse(nextUpdate) : Number.NaN;
    if (!Array.isArray(entries) || Number.isNaN(next)) return { wrong: 'has no entries, or does not say nextUpdate' };
    const models = entries.map(modelOf).filter((one) => typeof one === 'object');
    return { metadata: { ...metadataOf(models), nextUpdate: next } };
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { wrong: `is not JSON (${(error as Error).message})` };
  }
  const models = (Array.isArray(json) ? json : [json]).map(modelOf);
  const broken = models.findIndex((one) => typeof one === 'string');
  if (broken >= 0) return { wrong: `has a statement (${broken + 1} of ${models.length}) ${models[broken]}` };
  return { metadata: metadataOf(models as Model[]) };
}

export const noMetadata: Metadata = metadataOf([]);

function metadataOf(models: readonly Model[]): Metadata {
  const named = new Map(models.flatMap((one) => (one.aaguid ? [[one.aaguid, one] as const] : [])));
  const keyed = new Map(models.flatMap((one) => one.keys.map((key) => [key, one] as const)));
  return {
    byAaguid: (aaguid) => named.get(aaguid),
    byCertificate: (certificate) => keyed.get(keyIdentifier(certificate)),
    size: models.length,
  };
}

/** A model, or what is wrong with its statement as the end of a sentence. */
function modelOf(value: unknown): Model | string {
  const entry = group(value);
  const statement = 'metadataStatement' in entry ? group(entry.metadataStatement) : entry;
  const { description, attestationRootCertificates, keyProtection } = statement;
  const aaguid = typeof statement.aaguid === 'string' ? statement.aaguid.toLowerCase() : undefined;
  const keys = texts(statement.attestationCertificateKeyIdentifiers).map((one) => one.toLowerCase());
  if (typeof description !== 'string' || description.trim() === '') return 'without a description';
  if (aaguid === undefined && keys.length === 0)
    return 'with neither an aaguid nor attestationCertificateKeyIdentifiers';
  if (aaguid !== undefined && !aaguidShape.test(aaguid)) return 'whose aaguid is not written like one';
  let roots: X509Certificate[];
  try {
    roots = texts(attestationRootCertificates).map((one) => new X509Certificate(Buffer.from(one, 'base64')));
  } catch {
    return 'with something else than certificates in attestationRootCertificates';
  }
  const reports = Array.isArray(entry.statusReports) ? entry.statusReports : [];
  const withdrawn = reports.map((one) => group(one).status).find((status) => withdrawals.includes(status));
  return {
    name: description.trim().slice(0, 128),
    ...(aaguid === undefined ? {} : { aaguid }),
    keys,
    roots,
    protection: texts(keyProtection),
    ...(withdrawn === undefined ? {} : { withdrawn: String(withdrawn) }),
  };
}

/** RFC 5280 section 4.2.1.2 (1), of a key on P-256, the only one U2F knows. */
function keyIdentifier({ publicKey }: X509Certificate): string {
  if (publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return '';
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
  return createHash('sha1').update(point).digest('hex');
}
