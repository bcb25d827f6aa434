/** A new passkey: what the browser is asked for, and what comes of its answer (WebAuthn Level 3 section 7.1). */
import { randomBytes } from 'node:crypto';
import { type VerifiedRegistrationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import type { Answer, Registered, Registrant } from '../../domain/method.ts';
import { creationIn, isCrossOrigin } from './answer.ts';
import { classOf, descriptorOf, handleOf, type Passkey } from './passkey.ts';
import type { Site } from './site.ts';

/** A registration as it was verified. */
export type Made = NonNullable<VerifiedRegistrationResponse['registrationInfo']>;

/** What is asked of the authenticator's maker, and what is believed. */
export interface Attestation {
  readonly conveyance: 'none' | 'direct' | 'enterprise';
  /** `name`: what the model is called. `refused`: why it may not be registered here, a word for the page and the record. */
  judge(made: Made): Promise<{ readonly attested: boolean; readonly name?: string } | { readonly refused: string }>;
}

/** Nothing asked, nothing believed. */
export const unattested: Attestation = { conveyance: 'none', judge: async () => ({ attested: false }) };

/** COSE: ES256, EdDSA, RS256, in the order browsers should try them. */
const algorithms = [-7, -8, -257];
/** How long the browser may wait, in milliseconds: time to fetch a key from a bag. */
export const PATIENCE = 300_000;

/** Only what we wrote ourselves; anything else registers nothing. */
function challengeIn(state: string | undefined): string | undefined {
  if (!state) return undefined;
  try {
    const { challenge } = JSON.parse(state);
    return typeof challenge === 'string' ? challenge : undefined;
  } catch {
    return undefined;
  }
}

export function begin(site: Site, attestation: Attestation, { user, issuer, held }: Registrant, state?: string) {
  const challenge = challengeIn(state) ?? randomBytes(32).toString('base64url');
  const options = {
    rp: { id: site.rpId, name: issuer },
    user: { id: handleOf(user.id), name: user.username, displayName: user.name },
    challenge,
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: PATIENCE,
    excludeCredentials: held.map(descriptorOf),
    authenticatorSelection: {
      residentKey: 'preferred',
      requireResidentKey: false,
      userVerification: 'preferred',
    },
    attestation: attestation.conveyance,
  };
  return { state: JSON.stringify({ challenge }), show: { options } };
}

export async function finish(site: Site, attestation: Attestation, state: string, answer: Answer): Promise<Registered> {
  const challenge = challengeIn(state);
  const created = creationIn(answer.response);
  if (!challenge || !created) return { kind: 'wrong', reason: 'unreadable' };
  if (isCrossOrigin(created.response.clientDataJSON)) return { kind: 'wrong', reason: 'refused' };
  const seen = await verifyRegistrationResponse({
    response: created,
    expectedChallenge: challenge,
    expectedOrigin: [...site.origins],
    expectedRPID: site.rpId,
    requireUserVerification: false,
    supportedAlgorithmIDs: algorithms,
  }).catch(() => undefined);
  const made = seen?.verified ? seen.registrationInfo : undefined;
  // The id beside the answer is what people are recognised by: it has to be the one that was signed.
  if (!made || made.credential.id !== created.id) return { kind: 'wrong', reason: 'refused' };
  const judged = await attestation.judge(made);
  if ('refused' in judged) return { kind: 'wrong', reason: judged.refused };

  const transports = made.credential.transports ?? [];
  const passkey: Passkey = {
    rpId: site.rpId,
    transports,
    backupEligible: made.credentialDeviceType === 'multiDevice',
    backupState: made.credentialBackedUp,
    aaguid: made.aaguid,
    uvInitialized: made.userVerified,
    signCount: made.credential.counter,
    attested: judged.attested,
  };
  return {
    kind: 'registered',
    credential: {
      method: 'webauthn',
      label: answer.label?.trim().slice(0, 64) || judged.name || nameOf(passkey),
      secret: Buffer.from(made.credential.publicKey).toString('base64url'),
      data: { ...passkey },
      counter: -1,
      lookup: made.credential.id,
    },
    class: classOf(passkey, made.userVerified),
  };
}

/** A thing one carries, or what a phone or computer keeps. */
const nameOf = ({ transports, backupEligible }: Passkey): string =>
  !backupEligible && transports.some((one) => ['usb', 'nfc', 'ble'].includes(one)) && !transports.includes('internal')
    ? 'Security key'
    : 'Passkey';
