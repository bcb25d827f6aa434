import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';

/** COSE (RFC 9053): what browsers are asked for, in the order they should try it. ES256, EdDSA, RS256. */
export const algorithms = [-7, -8, -257];

const text = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : '');

/** By algorithm: the parts of a COSE key that are fixed, and the same key as a JWK (RFC 7517). */
const kinds: Readonly<
  Record<number, { fixed: [label: number, value: number][]; jwk(at: (label: number) => string): JsonWebKey }>
> = {
  [-7]: {
    fixed: [
      [1, 2],
      [-1, 1],
    ],
    jwk: (at) => ({ kty: 'EC', crv: 'P-256', x: at(-2), y: at(-3) }),
  },
  [-8]: {
    fixed: [
      [1, 1],
      [-1, 6],
    ],
    jwk: (at) => ({ kty: 'OKP', crv: 'Ed25519', x: at(-2) }),
  },
  [-257]: { fixed: [[1, 3]], jwk: (at) => ({ kty: 'RSA', n: at(-1), e: at(-2) }) },
};

/**
 * Whether something can be signed with it: of a kind that was asked for, a point on its curve, RSA of 2048 to 4096 bits.
 * A key that never verifies would stand on the person's list as a way in, and keep everybody out.
 */
export function isUsable(cose: Uint8Array): boolean {
  try {
    const decoded = decodeCredentialPublicKey(new Uint8Array(cose)) as unknown as ReadonlyMap<number, unknown>;
    const kind = kinds[Number(decoded.get(3))];
    if (!kind?.fixed.every(([label, value]) => decoded.get(label) === value)) return false;
    const jwk = kind.jwk((label) => text(decoded.get(label)));
    return isStrong(createPublicKey({ key: jwk, format: 'jwk' }));
  } catch {
    return false;
  }
}

const isStrong = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean => {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  return asymmetricKeyType !== 'rsa' || (modulusLength >= 2048 && modulusLength <= 4096 && publicExponent > 2n);
};
