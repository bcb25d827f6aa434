import type { Recorder } from '../audit/event.ts';

/** A published signing key, as far as it is shown. */
export interface ShownKey {
  readonly state: string;
  readonly alg: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  readonly fingerprint256: string;
  /** Base64 DER. */
  readonly certificate: string;
}

export type Rotated =
  | { readonly kind: 'rotated'; readonly keys: readonly ShownKey[] }
  | { readonly kind: 'too-soon'; readonly from: number };

/** The keys of a protocol that can be changed by hand. */
export interface ChangingKeys {
  published(): readonly ShownKey[];
  rotate(force: boolean): Promise<Rotated>;
}

export interface Rotating {
  readonly samlKeys: () => Promise<ChangingKeys>;
  readonly recorder: Recorder;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Puts the next keys to work and puts that on record. */
export async function rotate(parts: Rotating, force: boolean): Promise<Rotated> {
  const result = await (await parts.samlKeys()).rotate(force);
  if (result.kind === 'rotated') {
    const keys = result.keys.map(({ state, alg, fingerprint256 }) => ({ state, alg, fingerprint256 }));
    const detail = { by: 'command line', protocol: 'saml', forced: force, keys };
    await parts.recorder.record({ type: 'keys.rotated', at: parts.now(), detail });
  }
  return result;
}
