import type { Provider } from 'oidc-provider';
import type { Kv } from '../../state/kv.ts';
import { hash } from './tokens.ts';

/** True for the first of any number of callers until `expiresAt` (seconds since the epoch). */
export type Once = (who: string, id: string, expiresAt: number) => Promise<boolean>;

/**
 * A proof may be dated five minutes ahead, and is then good for ten. The library remembers every proof for five, so one
 * from a clock that is fast could be shown twice.
 */
const slack = 300;

/** Ids of client assertions (RFC 7523 section 3) and of DPoP proofs (RFC 9449 section 11.1): the store says who was first. */
export const once =
  (kv: Kv, now: () => number): Once =>
  (who, id, expiresAt) =>
    kv.add(`oj:${hash(`${who} ${id}`)}`, '1', Math.max(1, Math.ceil(expiresAt - now() / 1000) + slack));

/** The library looks first and writes afterwards: of a race both would win. */
export function onceEach(provider: Provider, first: Once): void {
  const model = provider.ReplayDetection as unknown as { unique: Once };
  if (typeof model.unique !== 'function') throw new Error('the library has changed');
  model.unique = first;
}
