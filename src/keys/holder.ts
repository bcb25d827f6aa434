import type { JsonWebKey } from 'node:crypto';
import type { RingKey } from './due.ts';

/** A key whose private half never comes to us. */
export interface HeldKey {
  /** What its holder calls it; nobody else sees this. */
  readonly id: string;
  readonly alg: 'RS256' | 'ES256';
  readonly state: RingKey['state'];
  /** The public half, and nothing but what makes it one (RFC 7518 sections 6.2.1 and 6.3.1). */
  readonly jwk: JsonWebKey;
}

/** Whoever has the private halves: a PKCS#11 module, a KMS, behind a process of its own. Throws StoreAway and HolderWrong. */
export interface Holder {
  keys(): Promise<readonly HeldKey[]>;
  /** A JWS signature (RFC 7518 sections 3.3 and 3.4) over these bytes; of ES256 r||s. */
  sign(key: Pick<HeldKey, 'id' | 'alg'>, bytes: Buffer): Promise<Buffer>;
}

/** A holder that answers what cannot be: keys that are none, a signature of something else. */
export class HolderWrong extends Error {
  constructor(what: string) {
    super(`the agent that holds keys ${what}`);
    this.name = 'HolderWrong';
  }
}
