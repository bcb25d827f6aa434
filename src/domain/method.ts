import type { Credential, NewCredential } from './credential.ts';
import type { Evidence, MethodClassName } from './evidence.ts';
import type { StandIn } from './stand-in.ts';
import type { User } from './user.ts';

/** Whom a method is asked about. An unknown name has no user and no credentials, and takes as long. */
export interface Subject {
  readonly user?: User;
  /** This method's credentials of that user that may be used now (none locked, none disabled, none lost). */
  readonly credentials: readonly Credential[];
  /** Something vouches for this person already. Until then the page must be the same for every name. */
  readonly vouched: boolean;
  /** What a proof has to be worth for the walk to go on; empty when anything is. */
  readonly wanted: readonly MethodClassName[];
  /** What this person proved moments ago, or in this walk: beside it, more may be believed. Empty until vouched for. */
  readonly proved: readonly MethodClassName[];
  /** Where answers are given: what a message says of the sign-in it belongs to. */
  readonly place: Place;
  /** How much this walk has proved so far: no two of its questions are the same (`place.walk` and this). */
  readonly turn: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The sign-in as a message may describe it, so that its reader can tell his own from a thief's. */
export interface Place {
  /** The walk's id: a link in a message leads to `/signin/<walk>`. */
  readonly walk: string;
  /** What is signed in to, by name. */
  readonly application: string;
  readonly address: string;
  readonly agent: string;
  /** Languages the person reads, best first (BCP 47). */
  readonly languages: readonly string[];
}

export type Answer = Readonly<Record<string, string>>;

/** What an answer was worth: evidence, or something that only stands in. */
export type Proof = { evidence: Omit<Evidence, 'at'> } | { standIn: Omit<StandIn, 'at'> };

export type Verification =
  | ({
      kind: 'proved';
      /** The credential proved, to be credited with the use. */
      credential: string;
      /** Single use: the store accepts this counter only if it is greater than the last one spent. */
      counter?: number;
      /** Single use too, in no order: the store accepts this mark of this credential only once. */
      once?: string;
      /** A better form of the secret to keep from now on (rehash). */
      secret?: string;
      /** What to keep beside the secret from now on, whole. */
      data?: Readonly<Record<string, unknown>>;
      /** Something odd that proves nothing by itself, for the record ("counter went back"). */
      signal?: string;
      /** What the person is told of this use, by mail. */
      tells?: { readonly kind: 'recovery-code-used'; readonly data: { readonly left: number } };
      /** What is put on record of this use beside the proof. */
      records?: { readonly type: 'access-pass.used'; readonly detail: Readonly<Record<string, unknown>> };
    } & Proof)
  /** `reason` is a word of the method's own, for its page and the record. */
  | { kind: 'wrong'; reason?: string }
  | { kind: 'waiting'; retryAfter: number };

/** Nothing reached the person: the page says so and offers another way. `limited`: too many were sent already. */
export type Trouble = 'unsent' | 'limited';

/** `state` is kept sealed until the answer; `show` goes to the page. Empty `state`: nothing has to be remembered. */
export interface Challenge {
  readonly state: string;
  readonly show: Readonly<Record<string, unknown>>;
  /**
   * Sends the person what they are to answer with. Called once, after `state` was kept; the page waits for it, and has
   * `trouble` beside `show` if there was any. Never tells, and never takes any time, before somebody vouches for the person.
   */
  send?(): Promise<Trouble | undefined>;
}

/** What a registration page shows and what its confirmation needs; `state` is kept sealed and never shown. */
export interface Registration {
  readonly state: string;
  /** With `file`, a name: the page may be taken along as a text file, which `methods/<id>-file.ejs` writes. */
  readonly show: Readonly<Record<string, unknown>>;
}

/** Who registers: `held` are the credentials of this method there are already. */
export interface Registrant {
  readonly user: User;
  /** The name people know us by. */
  readonly issuer: string;
  readonly held: readonly Credential[];
  readonly now: number;
}

export type Registered =
  /** `class`: what showing that it works has proved; absent when nothing had to be shown. `replaces`: all of this method there were. */
  | { kind: 'registered'; credential: NewCredential; class?: MethodClassName; replaces?: true }
  /** `named`: what is not wanted, by its name, for the page ("YubiKey 5 NFC"). */
  | { kind: 'wrong'; reason?: string; named?: string };

export interface MethodTraits {
  readonly id: string;
  /** May begin a sign-in: proves a person nobody has vouched for yet. */
  readonly first: boolean;
  /**
   * Whoever has one registered is guarded: a password alone no longer changes how they sign in. Not what an address or an
   * administrator gives without the person's doing.
   */
  readonly guards: boolean;
  /** A proof by it is worth no more than the person's mailbox: it adds nothing to what the mailbox gave already. */
  readonly mailbox?: true;
  /** What one keeps for the day everything else is lost: suggested to whoever has registered something and has none. */
  readonly spare?: true;
  /** Everything a proof by this method may be worth, whoever gives it. */
  readonly worth: readonly MethodClassName[];
  /** Whether this credential may be shown at that instant (milliseconds); absent: always. */
  usable?(credential: Credential, now: number): boolean;
  /** What proving this credential would be worth to somebody who is vouched for. */
  classesOf(credential: Credential): readonly MethodClassName[];
  /** What it may stand in for, shown by somebody who is vouched for. */
  readonly standsIn?: StandIn['kind'];
  /** What a credential registered now would be worth; empty when people cannot register it themselves. */
  readonly registers: readonly MethodClassName[];
}

/** A way to prove who you are. Knows nothing of HTTP, cookies, sessions or protocols (house.md, "Methods"). */
export interface Method extends MethodTraits {
  /** Begin one challenge. */
  challenge(subject: Subject): Promise<Challenge>;
  /** Send the same again while it lives. Only where something is sent. */
  again?(subject: Subject, state: string): Promise<Challenge>;
  /** Whether this is what was sent and still lives, whoever asks: for a link's page, which only says where it works. Judges nobody. */
  sent?(state: string, answer: Answer, now: number): boolean;
  /** Judge one answer. Never throws on bad input: that is `wrong`. */
  verify(subject: Subject, state: string, answer: Answer): Promise<Verification>;
  /** Begin registering a credential for this person; `state` resumes one already begun. */
  register?(person: Registrant, state?: string): Promise<Registration>;
  /** Finish it by a proof that it works. */
  confirm?(state: string, answer: Answer, now: number): Promise<Registered>;
  /** The credential whoever is like this person has without registering anything (a verified address). */
  implied?(user: User): NewCredential | undefined;
  /** Where nobody gave a name: what the credential that answers is looked up by. Undefined for what is no answer. */
  lookupIn?(answer: Answer): string | undefined;
  /**
   * What the browser is told of a person's credentials on their own pages, by the name of its function that takes it
   * (WebAuthn Level 3 section 5.1.10). `held`: all that still prove something, since what is left out is hidden from its owner.
   */
  signals?(user: User, held: readonly Credential[]): Readonly<Record<string, unknown>>;
}
