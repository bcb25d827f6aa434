import { randomBytes } from 'node:crypto';
import type { Registrations } from '../../../store/registrations.ts';

export interface InitialAccess {
  /** Seconds from now. */
  readonly expires: number;
  /** How many applications may register with it. */
  readonly uses: number;
  /** Who lets them, for the record: the actor's kind and id, as `user:...`, `client:...` or `local:...`. */
  readonly by: string;
  /** Absent: what the configuration allows. */
  readonly scopes?: readonly string[];
}

export interface MintedAccess {
  /** Shown once; only its hash is kept. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly uses: number;
  readonly scopes: readonly string[];
}

export interface Minting {
  readonly registrations: Pick<Registrations, 'allow'>;
  readonly scopes: readonly string[];
  readonly now: () => number;
}

/** Lets applications register themselves with it (RFC 7591 section 3). Whoever calls puts it on record. */
export function mintInitialAccessToken({ registrations, now, ...parts }: Minting) {
  return async ({ expires, uses, by, scopes = parts.scopes }: InitialAccess): Promise<MintedAccess> => {
    const token = randomBytes(32).toString('base64url');
    const at = now();
    const expiresAt = at + expires * 1000;
    await registrations.allow(token, { scopes, uses, expiresAt, by }, at);
    return { token, expiresAt, uses, scopes };
  };
}
