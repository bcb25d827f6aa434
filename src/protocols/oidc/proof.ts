/** DPoP proofs (RFC 9449 section 4.3) shown to our own API. The library checks those shown to its endpoints the same way. */
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from 'jose';
import { theirs } from './requests/algorithms.ts';

/** In seconds, either way. */
const window = 300;

export interface Proof {
  /** Of the key that made it (RFC 7638). */
  readonly thumbprint: string;
  readonly id: string;
  /** When it stops being good, in seconds since the epoch. */
  readonly expiresAt: number;
}

/** A proof that proves nothing, and why. */
export class NoProof extends Error {}

export interface Proving {
  readonly method: string;
  /** Absolute, without query. */
  readonly url: string;
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Throws NoProof. That it is shown once is for the caller to see to. */
export async function readProof(jwt: string, { method, url, token, now }: Proving): Promise<Proof> {
  const seconds = Math.floor(now / 1000);
  const { payload, protectedHeader } = await jwtVerify(jwt, EmbeddedJWK, {
    algorithms: [...theirs],
    typ: 'dpop+jwt',
    currentDate: new Date(now),
  }).catch((error: Error) => {
    throw new NoProof(`the proof is no DPoP proof: ${error.message}`);
  });
  const { jti, iat, htm, htu, ath } = payload;
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) throw new NoProof('the proof has no jti');
  if (typeof iat !== 'number' || Math.abs(seconds - iat) > window) throw new NoProof('the proof is not of now');
  if (htm !== method) throw new NoProof('the proof is for another method');
  if (typeof htu !== 'string' || bare(htu) !== bare(url)) throw new NoProof('the proof is for another address');
  if (ath !== createHash('sha256').update(token).digest('base64url'))
    throw new NoProof('the proof is for another token');
  const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk as JWK);
  return { thumbprint, id: jti, expiresAt: iat + window };
}

/** Without query and fragment, as RFC 9449 section 4.3 compares it. */
function bare(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  return Object.assign(new URL(address), { search: '', hash: '' }).href;
}
