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
  // What comes through a mailbox is no authentication (NIST SP 800-63B-4 section 3.1.3.1): without a factor it never makes two.
  'email-code': { factors: ['possession'], amr: ['otp'] },
  'email-code:uncounted': { factors: [], amr: ['otp'] },
  'recovery-code': { factors: ['possession'], amr: ['otp'] },
  'recovery-code:uncounted': { factors: [], amr: ['otp'] },
  // Issued by somebody else: one factor to begin with, never the half of two.
  'access-pass': { factors: [], amr: ['otp'] },
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
  /** It is worth no more than the person's mailbox: a code sent there, a password chosen by a link sent there. */
  readonly mailbox?: true;
}

/**
 * The same evidence without what one mailbox would prove twice: beside a password that was reset through it, a code sent
 * to it is no second factor (and beside such a code, the password is none: either way two factors need another source).
 */
export function mailboxOnce(evidence: readonly Evidence[]): readonly Evidence[] {
  const leans = evidence.some((piece) => piece.mailbox && piece.class !== 'email-code');
  return leans
    ? evidence.map((piece) => (piece.class === 'email-code' ? { ...piece, class: 'email-code:uncounted' } : piece))
    : evidence;
}
