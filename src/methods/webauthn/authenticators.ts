/**
 * Which authenticators are let in, and which are believed to keep their keys in hardware. Owns the attestation as far as
 * trust goes; its signature is the library's to check. Must not know of credentials, nor fetch anything.
 */
import { SettingsService } from '@simplewebauthn/server';
import { type Attestation, certificatesOf, readAttestation, withoutStatement, withPath } from './attestation.ts';
import { reaches } from './chain.ts';
import { type Metadata, type Model, noMetadata } from './metadata.ts';
import { knownName } from './models.ts';

export interface AuthenticatorRules {
  /** What browsers are asked for (WebAuthn Level 3 section 5.4.7). With `none` no statement is looked at. */
  readonly attestation: 'none' | 'indirect' | 'direct' | 'enterprise';
  /** AAGUIDs; when there are any, an authenticator has to prove that it is one of these. */
  readonly allow: readonly string[];
  /** AAGUIDs; saying to be one of these is enough to be refused. */
  readonly deny: readonly string[];
  /** An authenticator has to prove that it is of a model the metadata knows. */
  readonly requireMetadata: boolean;
  readonly metadata: Metadata;
}

/** Nothing asked, everything let in, nothing believed. */
const anything: AuthenticatorRules = {
  attestation: 'none',
  allow: [],
  deny: [],
  requireMetadata: false,
  metadata: noMetadata,
};

/** An authenticator as it shows itself at registration. */
export interface Introduced {
  /** The attestation object whose signature has to be checked now, by the library. */
  readonly object: Uint8Array;
  readonly aaguid: string;
  readonly name?: string;
  /** The model whose certificates its statement leads to. Proved once the signature is found right. */
  readonly model?: Model;
}

/** Why an authenticator is not let in: its model is denied, not to be believed any more, not among the allowed; or it proved none. */
export type Turned = 'denied' | 'withdrawn' | 'not-allowed' | 'unproved';

export interface Authenticators {
  readonly attestation: AuthenticatorRules['attestation'];
  /** Some authenticator can be attested here. */
  readonly attesting: boolean;
  /** Names of what `allow` lets in, for the page; empty without one. */
  readonly allowed: readonly string[];
  /** The limits and the trust, before anything is verified. Undefined for what no authenticator sends; never throws. */
  introduce(attestationObject: Uint8Array, now: number): Introduced | undefined;
  /** After its signature was found right. */
  turns(one: Introduced): Turned | undefined;
  /** Whether what it holds is hardware-protected and cannot be copied (protocols.md 4.4, 4.7). `syncable`: its BE flag. */
  attests(one: Introduced, syncable: boolean): boolean;
  /** Whether a model that was attested once is believed still. */
  believes(aaguid: string): boolean;
  nameOf(aaguid: string): string | undefined;
}

/** Formats whose verification reads the statement and nothing else: no network, and no certificate but those in it. */
const formats: readonly string[] = ['packed', 'fido-u2f', 'tpm', 'apple'];
/**
 * The library follows the path of this one itself, up to the last certificate in the statement, and asks the addresses on
 * it for revocation lists: a stranger's path would have this server call wherever he likes. It gets a path that was found
 * right before, and of that only the leaf and who issued it.
 */
const android = 'android-key';

// Trust is decided here, so the library looks at signatures alone. With roots of its own it would ask addresses that
// stand in the certificates for revocation lists.
for (const identifier of ['apple', 'android-key', 'android-safetynet'] as const)
  SettingsService.setRootCertificates({ identifier, certificates: [] });

export function createAuthenticators(rules: AuthenticatorRules = anything): Authenticators {
  const { metadata, allow, deny } = rules;
  const nameOf = (aaguid: string) => metadata.byAaguid(aaguid)?.name ?? knownName(aaguid);
  const believes = (aaguid: string) => !deny.includes(aaguid) && metadata.byAaguid(aaguid)?.withdrawn === undefined;
  return {
    attestation: rules.attestation,
    attesting: rules.attestation !== 'none' && metadata.size > 0,
    allowed: [...new Set(allow.map((aaguid) => nameOf(aaguid) ?? aaguid))],

    introduce(attestationObject, now) {
      const attestation = readAttestation(attestationObject);
      if (!attestation) return undefined;
      const { aaguid } = attestation;
      const asked = rules.attestation !== 'none';
      const model = asked ? vouched(attestation, metadata, now) : undefined;
      const heard = asked && (formats.includes(attestation.format) || (model && attestation.format === android));
      const name = model?.name ?? nameOf(aaguid);
      return {
        object: !heard
          ? withoutStatement(attestation)
          : attestation.format === android
            ? withPath(attestation, 2)
            : attestationObject,
        aaguid,
        ...(name === undefined ? {} : { name }),
        ...(model && heard ? { model } : {}),
      };
    },

    turns({ aaguid, model }) {
      if (deny.includes(aaguid)) return 'denied';
      if (model?.withdrawn ?? metadata.byAaguid(aaguid)?.withdrawn) return 'withdrawn';
      if (!model && (allow.length > 0 || rules.requireMetadata)) return 'unproved';
      return allow.length > 0 && !(model?.aaguid && allow.includes(model.aaguid)) ? 'not-allowed' : undefined;
    },

    attests: ({ model }, syncable) => !syncable && model !== undefined && inHardware(model),
    believes,
    nameOf,
  };
}

/** The model whose roots the statement's certificates lead to, and that it says to be. */
function vouched(attestation: Attestation, metadata: Metadata, now: number): Model | undefined {
  const path = certificatesOf(attestation);
  const leaf = path[0];
  if (!leaf) return undefined;
  const model =
    attestation.format === 'fido-u2f' ? metadata.byCertificate(leaf) : metadata.byAaguid(attestation.aaguid);
  return model && reaches(path, model.roots, now) ? model : undefined;
}

/**
 * A chip of its own. FIDO's registry has a TEE say `hardware` beside `tee`; it does not count, because it is software beside
 * other software on one processor, and keys were taken out of such by software alone.
 */
const inHardware = ({ protection }: Model): boolean =>
  ['hardware', 'secure_element'].some((one) => protection.includes(one)) &&
  !['software', 'tee'].some((one) => protection.includes(one));
