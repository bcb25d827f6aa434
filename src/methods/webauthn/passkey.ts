/** What we keep of a passkey, and what proving it is worth. */
import type { Credential } from '../../domain/credential.ts';
import type { MethodClassName } from '../../domain/evidence.ts';

/**
 * A credential's `data`. Its COSE public key is the `secret`, in base64url: nothing secret, but sealed with its row's id,
 * so that whoever can write to the database cannot put a key of his own there. Its id, in base64url, is the `lookup`.
 */
export interface Passkey {
  /** What it was made for; it works nowhere else. */
  readonly rpId: string;
  readonly transports: readonly string[];
  /** BE: it may be copied to other devices. Never changes. */
  readonly backupEligible: boolean;
  /** BS: it has been. */
  readonly backupState: boolean;
  /** The model of the authenticator, as it says; zeros are no answer. */
  readonly aaguid: string;
  /** It was registered, or later shown beside a password, with user verification: before, its PIN may be a thief's. */
  readonly uvInitialized: boolean;
  /** The last signature counter seen; synced passkeys stay at 0. */
  readonly signCount: number;
  /** Its maker vouches for hardware it cannot leave, and the policy of this installation believes it. */
  readonly attested: boolean;
}

/** `believes`: whether a model that was attested once still is, by its AAGUID. */
export function passkeyOf(
  { data }: Pick<Credential, 'data'>,
  believes: (aaguid: string) => boolean = () => true,
): Passkey {
  const { rpId, transports, aaguid, signCount } = data;
  return {
    rpId: String(rpId),
    transports: Array.isArray(transports) ? transports.filter((one) => typeof one === 'string') : [],
    backupEligible: data.backupEligible === true,
    backupState: data.backupState === true,
    aaguid: String(aaguid),
    uvInitialized: data.uvInitialized === true,
    signCount: typeof signCount === 'number' ? signCount : 0,
    attested: data.attested === true && believes(String(aaguid)),
  };
}

/** `verified`: the authenticator checked who holds it. What may be copied is never bound, whatever was attested of it. */
export function classOf(
  { backupEligible, attested }: Pick<Passkey, 'backupEligible' | 'attested'>,
  verified: boolean,
): MethodClassName {
  const shown = verified ? 'verification' : 'presence';
  if (backupEligible) return `webauthn:${shown}:syncable`;
  return attested ? `webauthn:${shown}:bound:attested` : `webauthn:${shown}:bound`;
}

/** What it may be worth, best first: one that never checked its holder proves presence alone. */
export const classesOf = (passkey: Passkey): readonly MethodClassName[] =>
  passkey.uvInitialized ? [classOf(passkey, true), classOf(passkey, false)] : [classOf(passkey, false)];

/** How a browser is told of it (WebAuthn section 5.8.3, as JSON). */
export const descriptorOf = (credential: Credential) => ({
  id: credential.lookup as string,
  type: 'public-key' as const,
  transports: [...passkeyOf(credential).transports],
});

/** What a passkey keeps of its person: an id that means nothing to anybody else (WebAuthn section 14.6.1). */
export const handleOf = (user: string): string => Buffer.from(user, 'utf8').toString('base64url');
