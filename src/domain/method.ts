import type { Credential, NewCredential } from './credential.ts';
import type { Evidence, MethodClassName } from './evidence.ts';
import type { User } from './user.ts';

/** Whom a method is asked about. An unknown name has no user and no credentials, and takes as long. */
export interface Subject {
  readonly user?: User;
  /** This method's credentials of that user that may be used now (none locked, none disabled). */
  readonly credentials: readonly Credential[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type Answer = Readonly<Record<string, string>>;

export type Verification =
  | {
      kind: 'proved';
      evidence: Omit<Evidence, 'at'>;
      /** The credential proved, to be credited with the use. */
      credential: string;
      /** Single use: the store accepts this counter only if it is greater than the last one spent. */
      counter?: number;
      /** A better form of the secret to keep from now on (rehash). */
      secret?: string;
    }
  | { kind: 'wrong' }
  | { kind: 'waiting'; retryAfter: number };

/** What a registration page shows and what its confirmation needs; `state` is kept sealed and never shown. */
export interface Registration {
  readonly state: string;
  readonly show: Readonly<Record<string, unknown>>;
}

export type Registered =
  | { kind: 'registered'; credential: NewCredential; class: MethodClassName }
  | { kind: 'wrong'; reason?: string };

export interface MethodTraits {
  readonly id: string;
  /** May begin a sign-in: proves a person nobody has vouched for yet. */
  readonly first: boolean;
  /** Everything a proof by this method may be worth, whoever gives it. */
  readonly worth: readonly MethodClassName[];
  /** What proving this credential would be worth. */
  classesOf(credential: Credential): readonly MethodClassName[];
  /** What a credential registered now would be worth; empty when people cannot register it themselves. */
  readonly registers: readonly MethodClassName[];
}

/** A way to prove who you are. Knows nothing of HTTP, cookies, sessions or protocols (house.md, "Methods"). */
export interface Method extends MethodTraits {
  /** Begin one challenge. `state` is kept sealed until the answer; `show` goes to the page. */
  challenge(subject: Subject): Promise<{ state: string; show: Readonly<Record<string, unknown>> }>;
  /** Judge one answer. Never throws on bad input: that is `wrong`. */
  verify(subject: Subject, state: string, answer: Answer): Promise<Verification>;
  /** Begin registering a credential for this person under this issuer's name; `state` resumes one already begun. */
  register?(person: { user: User; issuer: string; now: number }, state?: string): Promise<Registration>;
  /** Finish it by a proof that it works. */
  confirm?(state: string, answer: Answer, now: number): Promise<Registered>;
}
