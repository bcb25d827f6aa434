/**
 * The keys of a role (saml-metadata-2.0-os section 2.4.1.1), by the Metadata Interoperability Profile: a certificate is a
 * wrapping for a key, whose expiry, issuer and names say nothing.
 */
import { createPublicKey } from 'node:crypto';
import { ns } from '../names.ts';
import { childrenOf, type XmlElement } from '../xml/element.ts';
import { type KeyKind, keyIn, kindOf } from './der.ts';
import type { ProviderRecord } from './record.ts';

export interface RoleKeys extends Pick<ProviderRecord, 'signingKeys' | 'encryptionKeys'> {
  /** Why keys were left out, for the log. */
  readonly skipped: readonly string[];
}

/** Bits of an RSA key: fewer can be broken (saml2int SDP-MD06), more only cost time. */
const LEAST = 2048;
const LEAST_OLD = 1024;
const MOST = 16_384;

/** `old`: the application takes old cryptography, RSA keys of 1024 bits among it. */
export function readKeys(role: XmlElement, old: boolean): RoleKeys {
  const signing = new Set<string>();
  const encryption = new Map<string, readonly string[]>();
  const skipped: string[] = [];
  for (const descriptor of childrenOf(role, ns.metadata, 'KeyDescriptor')) {
    const { use } = descriptor.attributes;
    const methods = childrenOf(descriptor, ns.metadata, 'EncryptionMethod').flatMap(
      ({ attributes: { Algorithm } }) => Algorithm ?? [],
    );
    for (const read of keysOf(descriptor)) {
      try {
        const key = read();
        const kind = kindOf(key);
        checkKey(kind, old);
        const der = Buffer.from(key).toString('base64');
        if (use !== 'encryption') signing.add(der);
        // Assertions are encrypted by RSA-OAEP, to which an EC key is no use.
        if (use !== 'signing' && kind.type === 'rsa') encryption.set(der, encryption.get(der) ?? methods);
      } catch (error) {
        skipped.push(`a key was left out: ${(error as Error).message}`);
      }
    }
  }
  return {
    signingKeys: [...signing],
    encryptionKeys: [...encryption].map(([key, methods]) => ({ key, methods })),
    skipped,
  };
}

/** As SubjectPublicKeyInfo, DER. */
function keysOf(descriptor: XmlElement): (() => Uint8Array)[] {
  const within = (name: string, of: XmlElement) => childrenOf(of, ns.signature, name);
  const infos = within('KeyInfo', descriptor);
  const certificates = infos
    .flatMap((info) => within('X509Data', info))
    .flatMap((x509) => within('X509Certificate', x509));
  const values = infos.flatMap((info) => within('KeyValue', info)).flatMap((value) => within('RSAKeyValue', value));
  return [
    ...certificates.map(
      ({ text }) =>
        () =>
          keyIn(bytes(text, 'X509Certificate')),
    ),
    ...values.map((value) => () => {
      const part = (name: string) => bytes(within(name, value)[0]?.text ?? '', name).toString('base64url');
      const jwk = { kty: 'RSA', n: part('Modulus'), e: part('Exponent') };
      return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
    }),
  ];
}

/** Of base64, which some write with the lines around it that only PEM has. */
function bytes(text: string, name: string): Buffer {
  const bare = text.replace(/-----(BEGIN|END) CERTIFICATE-----|\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) throw new Error(`${name} is not base64`);
  return Buffer.from(bare, 'base64');
}

function checkKey(kind: KeyKind, old: boolean): void {
  if (kind.type === 'ec') return;
  if (kind.bits < (old ? LEAST_OLD : LEAST)) throw new Error(`an RSA key of ${kind.bits} bits is too short`);
  if (kind.bits > MOST) throw new Error(`an RSA key of ${kind.bits} bits is too long`);
}
