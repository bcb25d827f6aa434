import { generateKeyPair, type JsonWebKey } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { SigningKey, SigningKeys } from '../../store/signing-keys.ts';

const make = promisify(generateKeyPair);

/** The keys ID tokens are signed with, made at first start: RS256, which every client must know, and ES256. */
export async function signingKeys(store: Pick<SigningKeys, 'of' | 'addFirst'>, now: number): Promise<JWK[]> {
  const present = forTokens(await store.of('sig'));
  if (present.length > 0) return present;
  // RSA at 2048: 3072 costs six times as much for every token (docs: performance).
  const rsa = await make('rsa', { modulusLength: 2048 });
  const ec = await make('ec', { namedCurve: 'P-256' });
  const keys = [
    await named('RS256', rsa.privateKey.export({ format: 'jwk' }), now),
    await named('ES256', ec.privateKey.export({ format: 'jwk' }), now),
  ];
  return forTokens(await store.addFirst('sig', keys));
}

/** Called after its thumbprint (RFC 7638), so that no two keys share a `kid`. */
async function named(alg: string, key: JsonWebKey, now: number): Promise<SigningKey> {
  const id = await calculateJwkThumbprint(key as JWK);
  return { id, alg, jwk: { ...key, alg, use: 'sig', kid: id }, createdAt: now };
}

const forTokens = (keys: readonly SigningKey[]): JWK[] =>
  keys.map((key) => ({ ...key.jwk, kid: key.id, alg: key.alg, use: 'sig' }) as JWK);
