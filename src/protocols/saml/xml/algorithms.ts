import { type KeyObject, verify } from 'node:crypto';
import { algorithm } from '../names.ts';

/** Which signatures are taken, of messages and of metadata: these and no others (saml2int SDP-ALG01 and ALG02). */

export interface SignatureAlgorithm {
  readonly hash: string;
  readonly type: 'rsa' | 'ec';
}

const modern: Readonly<Record<string, SignatureAlgorithm>> = {
  [algorithm.rsaSha256]: { hash: 'sha256', type: 'rsa' },
  [algorithm.rsaSha384]: { hash: 'sha384', type: 'rsa' },
  [algorithm.rsaSha512]: { hash: 'sha512', type: 'rsa' },
  [algorithm.ecdsaSha256]: { hash: 'sha256', type: 'ec' },
  [algorithm.ecdsaSha384]: { hash: 'sha384', type: 'ec' },
  [algorithm.ecdsaSha512]: { hash: 'sha512', type: 'ec' },
};

/** By an application's explicit option only. */
const withOld: Readonly<Record<string, SignatureAlgorithm>> = {
  ...modern,
  [algorithm.rsaSha1]: { hash: 'sha1', type: 'rsa' },
};

/** The algorithm of a SignatureMethod; undefined for one that is not taken. `sha1`: old ones are. */
export function signatureAlgorithm(name: string, sha1 = false): SignatureAlgorithm | undefined {
  const taken = sha1 ? withOld : modern;
  return Object.hasOwn(taken, name) ? taken[name] : undefined;
}

/** Why a message's SignatureMethod is not taken. Never in the sender's words: they would stand on a page of ours. */
export const notAccepted = (name: string): string =>
  name === algorithm.rsaSha1
    ? 'its signature is by SHA-1, which is accepted only with saml.accept_sha1'
    : 'its signature algorithm is not accepted';

const digests: Readonly<Record<string, string>> = {
  [algorithm.sha256]: 'sha256',
  [algorithm.sha384]: 'sha384',
  [algorithm.sha512]: 'sha512',
};

/** The name node's crypto has for a DigestMethod; undefined for one that is not taken. */
export const digestAlgorithm = (name: string): string | undefined =>
  Object.hasOwn(digests, name) ? digests[name] : undefined;

/**
 * Whether `value` is a signature over `material`. A key of another type than the algorithm's name says is not tried: RSA
 * stays RSA.
 */
export function holds({ hash, type }: SignatureAlgorithm, material: string, key: KeyObject, value: Buffer): boolean {
  try {
    return (
      key.asymmetricKeyType === type && verify(hash, Buffer.from(material), { key, dsaEncoding: 'ieee-p1363' }, value)
    );
  } catch {
    // Old OpenSSL errors instead of a no.
    return false;
  }
}
