import type { ShownKey as RingShown, ShownKeys as RingShownKeys } from '../keys/due.ts';
import type { Rotation, RotationWish } from '../keys/ring.ts';

/** A published signing key, as far as it is shown; SAML's come in certificates. */
export interface ShownKey extends RingShown {
  /** Milliseconds since the epoch. */
  readonly notAfter?: number;
  readonly fingerprint256?: string;
  /** Base64 DER. */
  readonly certificate?: string;
}

export interface ShownKeys extends RingShownKeys {
  readonly keys: readonly ShownKey[];
}

export type Rotated = ({ readonly kind: 'rotated' } & ShownKeys) | Exclude<Rotation, { readonly kind: 'rotated' }>;

/** The keys of a protocol that can be changed. */
export interface ChangingKeys {
  shown(): ShownKeys;
  rotate(wish: RotationWish): Promise<Rotation>;
}

/** What signs: tokens, or SAML. */
export const keyUses = ['oidc', 'saml'] as const;
export type KeyUse = (typeof keyUses)[number];

export interface Rotating {
  readonly keys: Readonly<Record<KeyUse, () => Promise<ChangingKeys>>>;
}

/** What is published, and when it changes. */
export const listKeys = async ({ keys }: Rotating, use: KeyUse): Promise<{ kind: 'shown' } & ShownKeys> => ({
  kind: 'shown',
  ...(await keys[use]()).shown(),
});

/** Puts the next keys to work; whoever keeps them puts that on record. */
export async function rotate({ keys }: Rotating, use: KeyUse, wish: RotationWish): Promise<Rotated> {
  const ring = await keys[use]();
  const result = await ring.rotate(wish);
  return result.kind === 'rotated' ? { kind: 'rotated', ...ring.shown() } : result;
}
