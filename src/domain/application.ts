import type { Role } from './role.ts';

/** `account` is ours alone: the account pages, which are an application of their own to policies and records. */
export type Protocol = 'oidc' | 'saml' | 'account';

/** What people sign in to. One table, one `protocol` column; `settings` are read by the protocol's own room only. */
export interface Application {
  readonly id: string;
  readonly name: string;
  readonly protocol: Protocol;
  /** Third parties need the person's consent before anything is shared. */
  readonly thirdParty: boolean;
  /** Who may use it; absent means everybody. */
  readonly groups?: readonly string[];
  /** What it may administer by a token of its own (client_credentials). */
  readonly role?: Role;
  readonly settings: Readonly<Record<string, unknown>>;
  /** It registered itself: nobody here chose the addresses it names. */
  readonly registered?: true;
  readonly disabled: boolean;
}
