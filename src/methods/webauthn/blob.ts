import { constants, verify, X509Certificate } from 'node:crypto';
import { reaches } from './chain.ts';

/** Who may have signed a BLOB of the FIDO Metadata Service. */
export interface Signers {
  readonly roots: readonly X509Certificate[];
  /** Whose certificate the signer's has to be: a root of the web signs for everybody. */
  readonly host?: string;
}

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const algorithms: Readonly<Record<string, readonly [type: string, hash: string, options: object]>> = {
  ES256: ['ec', 'sha256', { dsaEncoding: 'ieee-p1363' }],
  ES384: ['ec', 'sha384', { dsaEncoding: 'ieee-p1363' }],
  ES512: ['ec', 'sha512', { dsaEncoding: 'ieee-p1363' }],
  RS256: ['rsa', 'sha256', {}],
  RS384: ['rsa', 'sha384', {}],
  RS512: ['rsa', 'sha512', {}],
  PS256: ['rsa', 'sha256', pss],
};

const parse = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

/**
 * What a signed BLOB says (FIDO Metadata Service 3.0 section 3.1.7: a JWS in its short form), or what is wrong with it
 * as the end of a sentence. Revocation lists are not asked for: reading a file needs no network.
 */
export function readBlob(text: string, signers: Signers, now: number): { payload: unknown } | { wrong: string } {
  const [head = '', body = '', signature = '', ...more] = text.trim().split('.');
  let alg: unknown;
  let path: X509Certificate[];
  let payload: unknown;
  try {
    const header = parse(head) as Readonly<Record<string, unknown>>;
    alg = header.alg;
    path = (header.x5c as string[]).map((one) => new X509Certificate(Buffer.from(one, 'base64')));
    payload = parse(body);
  } catch {
    return { wrong: 'is neither a signed BLOB of the FIDO Metadata Service nor JSON' };
  }
  const [type, hash, options] = (typeof alg === 'string' && algorithms[alg]) || [];
  const signer = path[0];
  if (more.length > 0 || !signer || !type) return { wrong: 'is signed in a way that is not known here' };
  if (!reaches(path, signers.roots, now))
    return { wrong: 'is signed by a certificate that no root of metadata_roots_file (or of FIDO) vouches for' };
  if (signers.host !== undefined && signer.checkHost(signers.host) === undefined)
    return { wrong: `is signed by somebody else than ${signers.host}` };
  const key = { ...options, key: signer.publicKey };
  const right =
    signer.publicKey.asymmetricKeyType === type &&
    verify(hash, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'));
  return right ? { payload } : { wrong: 'has a signature that does not fit what it says' };
}
