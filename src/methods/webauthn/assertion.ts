/** Judges an answer by a passkey there is (WebAuthn Level 3 section 7.2). */
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { methodClasses } from '../../domain/evidence.ts';
import type { Answer, Subject, Verification } from '../../domain/method.ts';
import { assertionIn, isCrossOrigin } from './answer.ts';
import { soundData } from './attestation.ts';
import type { Authenticators } from './authenticators.ts';
import { challengesAt } from './challenge.ts';
import { classOf, handleOf, passkeyOf } from './passkey.ts';
import type { Site } from './site.ts';

/**
 * Why not, for the page and the record: `unreadable`, `unknown` (no passkey of this person's), `refused` (what was signed is
 * not what was asked, or not signed by it), `backup` (it says otherwise than when it was made), `unverified`.
 */
const wrong = (reason: string): Verification => ({ kind: 'wrong', reason });

export async function judge(
  site: Site & Pick<Authenticators, 'believes'>,
  subject: Subject,
  answer: Answer,
): Promise<Verification> {
  const assertion = assertionIn(answer.response);
  if (!assertion) return wrong('unreadable');
  const { user, vouched } = subject;
  const credential = subject.credentials.find((one) => one.lookup === assertion.id);
  const passkey = credential && passkeyOf(credential, site.believes);
  if (!user || !credential || passkey?.rpId !== site.rpId) return wrong('unknown');

  // Whoever is known already may show a key that keeps no names; nobody else is known without one.
  const { clientDataJSON, authenticatorData, userHandle } = assertion.response;
  if (userHandle === undefined ? !vouched : userHandle !== handleOf(user.id)) return wrong('refused');
  if (isCrossOrigin(clientDataJSON) || !soundData(Buffer.from(authenticatorData, 'base64url'))) return wrong('refused');
  const expected = challengesAt(site.secrets, subject);
  const seen = await verifyAuthenticationResponse({
    response: assertion,
    expectedChallenge: (challenge) => expected.includes(challenge),
    expectedOrigin: [...site.origins],
    expectedRPID: site.rpId,
    requireUserVerification: false,
    // A counter that went back proves nothing by itself: it is looked at below.
    credential: {
      id: assertion.id,
      publicKey: new Uint8Array(Buffer.from(credential.secret, 'base64url')),
      counter: 0,
    },
  }).catch(() => undefined);
  if (!seen?.verified) return wrong('refused');

  const { userVerified, credentialDeviceType, credentialBackedUp, newCounter } = seen.authenticationInfo;
  if ((credentialDeviceType === 'multiDevice') !== passkey.backupEligible) return wrong('backup');

  // Whoever finds a key without a PIN can give it one: that checks nobody until somebody known shows it (section 7.2 step 25).
  const known = subject.proved.some((name) => methodClasses[name].factors.some((factor) => factor !== 'possession'));
  const uvInitialized = passkey.uvInitialized || (userVerified && known);
  const verified = userVerified && uvInitialized;
  if (!verified && (!vouched || onlyVerified(subject))) return wrong('unverified');

  const back = (newCounter > 0 || passkey.signCount > 0) && newCounter <= passkey.signCount;
  return {
    kind: 'proved',
    evidence: { class: classOf(passkey, verified), method: 'webauthn' },
    credential: credential.id,
    data: {
      ...credential.data,
      backupState: credentialBackedUp,
      uvInitialized,
      signCount: Math.max(newCounter, passkey.signCount),
    },
    ...(back ? { signal: 'counter went back' } : {}),
  };
}

/** Nothing less than a verified holder leads on. */
export const onlyVerified = ({ wanted }: Pick<Subject, 'wanted'>): boolean =>
  wanted.length > 0 && wanted.every((name) => name.startsWith('webauthn:verification:'));
