import { generateKeyPair, type JsonWebKey } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { HeldKeys } from '../../keys/held.ts';
import type { Holder } from '../../keys/holder.ts';
import { Ring, type RingParts } from '../../keys/ring.ts';
import type { SigningKey } from '../../store/signing-keys.ts';

/** RS256, which every client must know (OIDC Core section 15.1), and ES256. */
export const signing = ['RS256', 'ES256'] as const;

const make = promisify(generateKeyPair);

export type TokenKeysParts = Pick<RingParts, 'store' | 'recorder' | 'now' | 'every' | 'onError'> & {
  /** Lengths in seconds, as in `Terms`. */
  readonly rotateEvery: number;
  readonly publishAhead: number;
  readonly overlap: number;
};

/** The keys tokens are signed with, made at the first start and followed until they are stopped. */
export const tokenKeys = ({ publishAhead, ...parts }: TokenKeysParts): Promise<Ring> =>
  Ring.open({
    ...parts,
    use: 'sig',
    algs: signing,
    notice: publishAhead,
    make: (alg) => made(alg, parts.now()),
  });

/** What tokens are signed with, wherever it lies. */
export interface TokenKeys extends Pick<Ring, 'keys' | 'watch'> {
  /** Of keys held elsewhere: throws StoreAway while nothing can be signed. */
  ready?(): Promise<void>;
}

/** The same where a holder has the private halves, and changes them. */
export const heldTokenKeys = (
  parts: Omit<TokenKeysParts, 'recorder' | 'publishAhead'> & { readonly holder: Holder },
): Promise<HeldKeys> => HeldKeys.open({ ...parts, algs: signing });

async function made(alg: string, now: number): Promise<SigningKey> {
  // RSA at 2048: 3072 costs six times as much for every token.
  const { privateKey } = await (alg === 'RS256'
    ? make('rsa', { modulusLength: 2048 })
    : make('ec', { namedCurve: 'P-256' }));
  return named(alg, privateKey.export({ format: 'jwk' }), now);
}

/** Called after its thumbprint (RFC 7638), so that no two keys share a `kid`. */
async function named(alg: string, key: JsonWebKey, now: number): Promise<SigningKey> {
  const id = await calculateJwkThumbprint(key as JWK);
  return { id, alg, jwk: { ...key, alg, use: 'sig', kid: id }, createdAt: now };
}
