/** A client's DPoP key, and proofs by it as wrong as wanted (RFC 9449 section 4.2). */
import { createHash, randomUUID } from 'node:crypto';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface ProofOf {
  readonly method?: string;
  readonly url: string;
  /** The access token shown with it. */
  readonly token?: string;
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
}

export class Prover {
  readonly jwk: JWK;
  readonly thumbprint: string;
  readonly #key: CryptoKey;

  private constructor(key: CryptoKey, jwk: JWK, thumbprint: string) {
    this.#key = key;
    this.jwk = jwk;
    this.thumbprint = thumbprint;
  }

  static async make(): Promise<Prover> {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    return new Prover(privateKey, jwk, await calculateJwkThumbprint(jwk));
  }

  proof({ method = 'POST', url, token, claims, header }: ProofOf): Promise<string> {
    const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') };
    const payload = { jti: randomUUID(), iat: seconds(), htm: method, htu: url, ...ath, ...claims };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: this.jwk, ...header })
      .sign(this.#key);
  }

  /** With the private half in its header. */
  async exposed(of: ProofOf): Promise<string> {
    return this.proof({ ...of, header: { jwk: await exportJWK(this.#key) } });
  }
}

export const seconds = (): number => Math.floor(Date.now() / 1000);

/** The same claims, signed by nobody or by a secret the verifier might take the key for. */
export async function unsigned(proof: string, alg: 'none' | 'HS256'): Promise<string> {
  const [header, payload] = proof
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString())) as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  if (alg === 'none') return `${encode({ ...header, alg })}.${encode(payload)}.`;
  const secret = new TextEncoder().encode(JSON.stringify(header.jwk).padEnd(32, ' '));
  return new SignJWT(payload).setProtectedHeader({ ...header, alg } as { alg: string }).sign(secret);
}
