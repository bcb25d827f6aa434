import { type KeyObject, verify } from 'node:crypto';
import { algorithm } from './names.ts';

/** Which signatures are taken, of messages and of metadata: these and no others (saml2int SDP-ALG01 and ALG02). */

export interface SignatureAlgorithm {
  readonly hash: string;
  readonly type: 'rsa' | 'ec';
}

export const modernAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  [algorithm.rsaSha256]: { hash: 'sha256', type: 'rsa' },
  [algorithm.rsaSha384]: { hash: 'sha384', type: 'rsa' },
  [algorithm.rsaSha512]: { hash: 'sha512', type: 'rsa' },
  [algorithm.ecdsaSha256]: { hash: 'sha256', type: 'ec' },
  [algorithm.ecdsaSha384]: { hash: 'sha384', type: 'ec' },
  [algorithm.ecdsaSha512]: { hash: 'sha512', type: 'ec' },
};

/** By an application's explicit option only. */
export const oldAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  [algorithm.rsaSha1]: { hash: 'sha1', type: 'rsa' },
};

export const modernDigests: Readonly<Record<string, string>> = {
  [algorithm.sha256]: 'sha256',
  [algorithm.sha384]: 'sha384',
  [algorithm.sha512]: 'sha512',
};

/**
 * Whether `value` (base64) is a signature over `material`. A key of another type than the algorithm's name says is not
 * tried: RSA stays RSA. Throws what node's crypto throws for a value that cannot be one.
 */
export function holds({ hash, type }: SignatureAlgorithm, material: string, key: KeyObject, value: string): boolean {
  return (
    key.asymmetricKeyType === type &&
    verify(hash, Buffer.from(material), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(value, 'base64'))
  );
}
