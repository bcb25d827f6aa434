/** The durable thing that lets a person prove a method: a password hash, a TOTP secret. */
export interface Credential {
  readonly id: string;
  readonly user: string;
  readonly method: string;
  /** The name its owner knows it by, e.g. "Authenticator app". */
  readonly label: string;
  /** Unsealed secret as its method wrote it. Never logged, never rendered after registration. */
  readonly secret: string;
  /** What the method keeps beside the secret and may be shown (digits, algorithm). */
  readonly data: Readonly<Record<string, unknown>>;
  /** The last spent counter (TOTP time step); -1 when none was. */
  readonly counter: number;
  /** Its method was proved before in the browser it was read for: failures and locks are then that browser's own. */
  readonly familiar?: boolean;
  /** Consecutive failures, of all browsers in which its method was never proved. */
  readonly failures: number;
  /** Milliseconds since the epoch until which attempts are refused. */
  readonly lockedUntil?: number;
  readonly disabled: boolean;
  /** Reported lost or stolen: proves nothing any more, and still keeps a thief from registering a first second factor. */
  readonly lost?: true;
  /** What it is found by when nobody gave a name: of all credentials of its method it alone has it (a WebAuthn credential id). */
  readonly lookup?: string;
  /** How many single uses of it are spent (recovery codes). */
  readonly spent?: number;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

/** `lastUsedAt`: registering it has shown that it works. */
export type NewCredential = Pick<
  Credential,
  'method' | 'label' | 'secret' | 'data' | 'counter' | 'lookup' | 'lastUsedAt'
>;

/** What a proof does to its credential: see Verification in method.ts. */
export interface Use {
  readonly counter?: number;
  readonly once?: string;
  readonly secret?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly now: number;
}
