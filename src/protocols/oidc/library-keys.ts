/** Keys as the library takes them: a private JWK, or something that signs elsewhere. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import type { Adapter } from 'oidc-provider';
import type { RingKey } from '../../keys/due.ts';
import type { TokenKeys } from './keys.ts';
import { ExternalSigningKey } from './library.ts';

export type LibraryKey = JWK | ExternalSigningKey;

/** In their order, which the library goes by: the first of an algorithm signs, all are published. */
export const forTokens = (keys: readonly RingKey[]): LibraryKey[] =>
  keys.map(({ id, alg, jwk, sign }) =>
    sign ? new Elsewhere(id, alg, jwk, sign) : ({ ...jwk, kid: id, alg, use: 'sig' } as JWK),
  );

/** The library's `externalSigningSupport`, only where it is needed, because it calls that experimental. */
export const signingElsewhere = (keys: readonly LibraryKey[]) =>
  keys.some((key) => key instanceof ExternalSigningKey)
    ? { enabled: true, ack: 'experimental-01' }
    : { enabled: false };

/** What serves once is not spent while its answer cannot be signed; `verb` is the one that spends it. */
export function onceSignable<T extends Partial<Adapter>>(keys: TokenKeys, verb: 'find' | 'consume', shelf: T): T {
  if (!keys.ready) return shelf;
  const spend = shelf[verb] as (id: string) => Promise<unknown>;
  return {
    ...shelf,
    async [verb](id: string) {
      await keys.ready?.();
      return spend.call(shelf, id);
    },
  };
}

class Elsewhere extends ExternalSigningKey {
  readonly #half: KeyObject;
  readonly #sign: NonNullable<RingKey['sign']>;
  constructor(kid: string, alg: string, jwk: RingKey['jwk'], sign: NonNullable<RingKey['sign']>) {
    super();
    // The library's own fields have setters, which its types do not tell.
    Object.assign(this, { kid, alg });
    this.#half = createPublicKey({ key: jwk, format: 'jwk' });
    this.#sign = sign;
  }

  override keyObject(): KeyObject {
    return this.#half;
  }

  override sign(bytes: Uint8Array): Promise<Buffer> {
    return this.#sign(Buffer.from(bytes));
  }
}
