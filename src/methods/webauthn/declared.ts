/** Metadata as an administrator gives it: the text of a file, and the roots in PEM. */
import { X509Certificate } from 'node:crypto';
import { SettingsService } from '@simplewebauthn/server';
import type { Signers } from './blob.ts';
import { type Metadata, noMetadata, readMetadata } from './metadata.ts';

/** Who signs for FIDO: its roots are of the web, so the host is part of it. */
const host = 'mds.fidoalliance.org';

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu;

const certificatesIn = (pem: string) => (pem.match(block) ?? []).map((one) => new X509Certificate(one));

const signersOf = (roots: string | undefined): Signers =>
  roots === undefined
    ? { roots: certificatesIn(SettingsService.getRootCertificates({ identifier: 'mds' }).join('\n')), host }
    : { roots: certificatesIn(roots) };

/** What a configuration that was read without a mistake declares; nothing where it names no file. `now` in milliseconds. */
export function declaredMetadata(statements: string | undefined, roots: string | undefined, now: number): Metadata {
  if (statements === undefined) return noMetadata;
  const read = readMetadata(statements, signersOf(roots), now);
  if ('wrong' in read) throw new Error(`methods.webauthn.authenticators.metadata_file ${read.wrong}`);
  return read.metadata;
}

/** The same for whoever reads the configuration: which models there are, or what is wrong as the end of a sentence. */
export function inspectStatements(statements: string, roots: string | undefined) {
  const read = readMetadata(statements, signersOf(roots), Date.now());
  if ('wrong' in read) return read;
  return { knows: (aaguid: string) => read.metadata.byAaguid(aaguid) !== undefined };
}
