/**
 * Every expected "no". Each protocol answers all of them through a `Record<RefusalCode, ...>`, so a new code does not
 * compile until every protocol knows what to say.
 */
export type RefusalCode =
  /** Nobody is signed in, or what they proved is too old, and no page may be shown. */
  | 'sign-in-needed'
  /** Somebody is signed in, but a page would have to be shown (a further factor, say). */
  | 'interaction-needed'
  /** Consent is missing and no page may be shown. */
  | 'consent-needed'
  /** The person must choose an account and no page may be shown. */
  | 'selection-needed'
  /** The person cannot meet what was asked for, with anything they have or may register now. */
  | 'requirements-unmet'
  /** The person, or a rule, said no. */
  | 'denied'
  /** Another person than the one asked for is, or insists on being, signed in. */
  | 'other-person'
  /** A part of ours is away. */
  | 'unavailable';

/** An expected no. Bugs stay ordinary errors. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string = code) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
  }
}
