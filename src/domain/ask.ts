import type { Strength } from './strength.ts';

/**
 * One thing an application wants, as an ordered choice: the first strength the person can meet is aimed at.
 * `essential`: no answer without it. Not essential: the sign-in goes on when the person can meet none of them.
 */
export interface Want {
  readonly anyOf: readonly Strength[];
  readonly essential: boolean;
}

/** What would be shared with the application, by the name of each item ("profile", "email", "offline_access"). */
export interface Shares {
  readonly items: readonly string[];
  /** Ask even if it was agreed to before, and even of a first party's users. */
  readonly again: boolean;
}

/** What an application wants of one sign-in. The protocol's own request never leaves its room; this does. */
export interface Ask {
  /** Application id. */
  readonly application: string;
  /** Every one of them has to be met. */
  readonly wants: readonly Want[];
  /**
   * Only evidence newer than this instant counts (milliseconds since the epoch). It carries both freshness and force:
   * whoever asks computes it once, when the request arrives, so that a walk of some minutes does not outlive itself.
   */
  readonly after?: number;
  /**
   * Nothing may stand in for a second factor: the sign-in is forced, or a credential changes. Evidence alone counts; only
   * an access pass may still open registration.
   */
  readonly unaided?: true;
  /**
   * The person shows anew that it is they, by a first factor proved moments ago, beside whatever counts already: for what
   * must not wait for a second factor (reporting it lost).
   */
  readonly anew?: true;
  /** Begin at the name field, filled in and changeable, so that somebody else can sign in. */
  readonly choose: boolean;
  /** No page may be shown. */
  readonly passive: boolean;
  /** The one person the answer may be about (a user id), whoever's session the browser holds. */
  readonly subject?: string;
  /** What to fill into the name field. */
  readonly hint?: string;
  /** Whether the session keeps what is proved. If not, only what is proved in this very walk counts. */
  readonly keeps: boolean;
  /** A method to be registered as the last step of the walk (the account pages' "add an authenticator app"). */
  readonly register?: string;
  readonly shares?: Shares;
  /** Preferred languages, best first (BCP 47). */
  readonly languages?: readonly string[];
}
