/** A new passkey: what the browser is asked for, and what comes of its answer (WebAuthn Level 3 section 7.1). */
import { randomBytes } from 'node:crypto';
import { verifyRegistrationResponse } from '@simplewebauthn/server';
import type { Answer, Registered, Registrant } from '../../domain/method.ts';
import { creationIn, isCrossOrigin } from './answer.ts';
import type { Authenticators } from './authenticators.ts';
import { classOf, descriptorOf, handleOf, type Passkey } from './passkey.ts';
import { algorithms, isUsable } from './public-key.ts';
import type { Site } from './site.ts';

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

export function begin(site: Site, authenticators: Authenticators, { user, issuer, held }: Registrant, state?: string) {
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
    attestation: authenticators.attestation,
  };
  return { state: JSON.stringify({ challenge }), show: { options, allowed: authenticators.allowed } };
}

/** `now` in milliseconds: when certificates have to be valid. */
export async function finish(
  site: Site,
  authenticators: Authenticators,
  { state, answer, now }: { readonly state: string; readonly answer: Answer; readonly now: number },
): Promise<Registered> {
  const challenge = challengeIn(state);
  const created = creationIn(answer.response);
  if (!challenge || !created) return { kind: 'wrong', reason: 'unreadable' };
  if (isCrossOrigin(created.response.clientDataJSON)) return { kind: 'wrong', reason: 'refused' };
  const { attestationObject } = created.response;
  const shown = authenticators.introduce(Buffer.from(attestationObject, 'base64url'), now);
  if (!shown) return { kind: 'wrong', reason: 'unreadable' };
  const object = Buffer.from(shown.object).toString('base64url');
  const seen = await verifyRegistrationResponse({
    response: { ...created, response: { ...created.response, attestationObject: object } },
    expectedChallenge: challenge,
    expectedOrigin: [...site.origins],
    expectedRPID: site.rpId,
    requireUserVerification: false,
    supportedAlgorithmIDs: algorithms,
  }).catch(() => undefined);
  const made = seen?.verified ? seen.registrationInfo : undefined;
  // The id beside the answer is what people are recognised by: it has to be the one that was signed.
  if (!made || made.credential.id !== created.id) return { kind: 'wrong', reason: 'refused' };
  if (!isUsable(made.credential.publicKey)) return { kind: 'wrong', reason: 'refused' };
  const turned = authenticators.turns(shown);
  if (turned) return { kind: 'wrong', reason: turned, ...(shown.name === undefined ? {} : { named: shown.name }) };

  const transports = made.credential.transports ?? [];
  const backupEligible = made.credentialDeviceType === 'multiDevice';
  const passkey: Passkey = {
    rpId: site.rpId,
    transports,
    backupEligible,
    backupState: made.credentialBackedUp,
    aaguid: made.aaguid,
    uvInitialized: made.userVerified,
    signCount: made.credential.counter,
    attested: authenticators.attests(shown, backupEligible),
  };
  return {
    kind: 'registered',
    credential: {
      method: 'webauthn',
      label: answer.label?.trim().slice(0, 64) || shown.name?.slice(0, 64) || nameOf(passkey),
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
