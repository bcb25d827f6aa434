import type { User } from './user.ts';

/** Who may administer: a person by their roles, or a machine by those of its application. */
export type Administrator = { readonly user: User } | { readonly application: string };
export type MayAdminister = (who: Administrator) => boolean | Promise<boolean>;

/** An expected no to a request with an access token, ready to be sent (RFC 6750 section 3, RFC 9449 section 7.1). */
export interface AccessRefused {
  readonly status: 400 | 401 | 403;
  readonly error: string;
  readonly description: string;
  /** `www-authenticate`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a request with an access token for our own API has proved. All of it was looked up for this request. */
export interface Access {
  /** Absent: a machine acts for itself. */
  readonly user?: User;
  /** Application id. */
  readonly client: string;
  readonly scopes: readonly string[];
  /** How the person signed in when the token's grant was made; not changed by refresh. */
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** Seconds since the epoch. */
  readonly authTime?: number;
  /** The session of ours the token was made in. */
  readonly sid?: string;
  /** The answer that sends the person to sign in anew (RFC 9470 section 3): by acr values, or not longer ago than `maxAge` seconds. */
  insufficient(how: { readonly acrValues?: readonly string[]; readonly maxAge?: number }): AccessRefused;
}

export type Accessed = { readonly access: Access } | { readonly refused: AccessRefused };
