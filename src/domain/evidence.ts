/** The three kinds of factor of NIST SP 800-63B: something known, something held, something one is. */
export type Factor = 'knowledge' | 'possession' | 'inherence';

/** What proving a method once is worth: the alphabet every strength is written in. */
export interface MethodClass {
  readonly factors: readonly Factor[];
  /** RFC 8176 values (and `pop` of the OpenID EAP ACR specification) this proof alone justifies. */
  readonly amr: readonly string[];
}

/**
 * The finite alphabet of method classes (house.md, "Strengths form a partial order"). A method's parameters outside it
 * may only take evidence away. `webauthn` is spelled verification or presence, syncable or bound, attested or not.
 */
export const methodClasses = {
  password: { factors: ['knowledge'], amr: ['pwd'] },
  totp: { factors: ['possession'], amr: ['otp'] },
  'webauthn:presence:syncable': { factors: ['possession'], amr: ['pop', 'user'] },
  'webauthn:presence:bound': { factors: ['possession'], amr: ['pop', 'user'] },
  'webauthn:presence:bound:attested': { factors: ['possession'], amr: ['hwk', 'pop', 'user'] },
  'webauthn:verification:syncable': { factors: ['possession', 'inherence'], amr: ['mfa', 'pop', 'user'] },
  'webauthn:verification:bound': { factors: ['possession', 'inherence'], amr: ['mfa', 'pop', 'user'] },
  'webauthn:verification:bound:attested': { factors: ['possession', 'inherence'], amr: ['hwk', 'mfa', 'pop', 'user'] },
} as const satisfies Record<string, MethodClass>;

export type MethodClassName = keyof typeof methodClasses;

export const methodClassNames = Object.keys(methodClasses) as readonly MethodClassName[];

/** One thing proved once. Append-only: nothing ever edits a piece of evidence, conclusions are derived from it. */
export interface Evidence {
  readonly class: MethodClassName;
  /** The method that was proved, e.g. `totp`. */
  readonly method: string;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  /** The credential it was proved with. */
  readonly credential?: string;
}
