/** The metadata of one service provider that an administrator declared himself: in the file, in one beside it, or at a URL. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { UnreadableXml } from '../xml/element.ts';
import { BadSignature } from '../xml/reading.ts';
import { MetadataDocument, type Root } from './document.ts';
import { MetadataError, type ProviderRecord } from './record.ts';

export interface Declared {
  readonly root: Root;
  readonly record: ProviderRecord;
  /** What was left out, for the log. */
  readonly skipped: readonly string[];
}

export interface DeclaredTerms {
  /** PEM; pinned: the document has to be signed by one of them. */
  readonly certificates?: string | undefined;
  /** The application takes old cryptography. */
  readonly old: boolean;
  /** The only entity it may be about. */
  readonly entityId?: string | undefined;
}

/** Throws MetadataError, UnreadableXml or BadSignature (see reasonOf). */
export function readDeclared(text: string, { certificates, old, entityId }: DeclaredTerms): Declared {
  const found: ProviderRecord[] = [];
  const skipped: string[] = [];
  const document = new MetadataDocument({
    keys: certificates === undefined ? undefined : keysOf(certificates),
    https: false,
    old,
    onProvider: (record) => found.push(record),
    onSkipped: (why) => skipped.push(why),
  });
  document.write(text.replace(/^\ufeff/, '').trimStart());
  const root = document.end();
  if (root.several) throw new MetadataError('it holds several entities: declare it under federations');
  const [record] = found;
  if (!record) throw new MetadataError('it has no SPSSODescriptor for SAML 2.0, so it is no service provider');
  if (entityId !== undefined && record.entityId !== entityId)
    throw new MetadataError(`it is about ${record.entityId}, and not about ${entityId}`);
  return { root, record, skipped };
}

/** The keys of all certificates in a PEM text; whatever else they say is not looked at. Throws MetadataError. */
export function keysOf(pem: string): KeyObject[] {
  const certificates = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)];
  if (certificates.length === 0) throw new MetadataError('signing_cert_file holds no certificate');
  try {
    return certificates.map(([, base64 = '']) => new X509Certificate(Buffer.from(base64, 'base64')).publicKey);
  } catch (error) {
    throw new MetadataError(`signing_cert_file holds a certificate that cannot be read (${(error as Error).message})`);
  }
}

/** What is wrong with a document, as the end of a sentence; undefined for errors that say nothing about it. */
export const reasonOf = (error: unknown): string | undefined =>
  error instanceof MetadataError || error instanceof UnreadableXml || error instanceof BadSignature
    ? error.message
    : undefined;

/** For the configuration, which lists what is wrong with the rest: the entityID, or why there is none. */
export function inspect(
  text: string,
  terms: DeclaredTerms,
): { readonly entityId: string } | { readonly wrong: string } {
  try {
    return { entityId: readDeclared(text, terms).record.entityId };
  } catch (error) {
    const wrong = reasonOf(error);
    if (wrong === undefined) throw error;
    return { wrong: `cannot be used: ${wrong}` };
  }
}
