/**
 * Passkeys and security keys (WebAuthn Level 3): something a person holds, which signs only for the site it was made for,
 * and mostly checks who holds it. Owns what is asked of browsers, what is kept of a passkey and what its answers are worth.
 * Asks the library for CBOR, keys and signatures; must not know of attempts, sessions or the store.
 */
import type { Method } from '../../domain/method.ts';
import { assertionIn } from './answer.ts';
import { judge, onlyVerified } from './assertion.ts';
import { createAuthenticators } from './authenticators.ts';
import { challengeAt } from './challenge.ts';
import { begin, finish, PATIENCE } from './creation.ts';
import { classesOf, descriptorOf, handleOf, passkeyOf } from './passkey.ts';
import type { Site } from './site.ts';

export interface Webauthn extends Method {
  register: NonNullable<Method['register']>;
  confirm: NonNullable<Method['confirm']>;
}

const attested = ['webauthn:verification:bound:attested', 'webauthn:presence:bound:attested'] as const;

export function createWebauthn(site: Site, authenticators = createAuthenticators()): Webauthn {
  const { believes } = authenticators;
  return {
    id: 'webauthn',
    first: true,
    guards: true,
    // Where nobody asks makers for anything, nothing is known to lie in hardware: discovery must not promise it.
    worth: [
      ...(authenticators.attesting ? attested : []),
      'webauthn:verification:bound',
      'webauthn:verification:syncable',
      'webauthn:presence:bound',
      'webauthn:presence:syncable',
    ],
    // What was made for another name is of no use at this one.
    classesOf: (credential) => {
      const passkey = passkeyOf(credential, believes);
      return passkey.rpId === site.rpId ? classesOf(passkey) : [];
    },
    registers: [
      ...(authenticators.attesting ? [attested[0]] : []),
      'webauthn:verification:syncable',
      'webauthn:verification:bound',
    ],

    /** The same for every name until somebody is vouched for: whose passkeys there are is nobody's business before. */
    async challenge(subject) {
      const { vouched, credentials } = subject;
      const theirs = vouched ? credentials.filter((one) => passkeyOf(one).rpId === site.rpId) : [];
      const options = {
        challenge: challengeAt(site.secrets, subject),
        rpId: site.rpId,
        timeout: PATIENCE,
        userVerification: !vouched || onlyVerified(subject) ? 'required' : 'preferred',
        allowCredentials: theirs.map(descriptorOf),
      };
      return { state: '', show: { options } };
    },

    verify: (subject, _state, answer) => judge({ ...site, believes }, subject, answer),
    register: async (person, state) => begin(site, authenticators, person, state),
    confirm: (state, answer, now) => finish(site, authenticators, { state, answer, now }),
    lookupIn: (answer) => assertionIn(answer.response)?.id,

    signals(user, held) {
      const [rpId, userId] = [site.rpId, handleOf(user.id)];
      const ours = held.filter((one) => passkeyOf(one).rpId === rpId);
      return {
        signalAllAcceptedCredentials: { rpId, userId, allAcceptedCredentialIds: ours.map((one) => one.lookup) },
        signalCurrentUserDetails: { rpId, userId, name: user.username, displayName: user.name },
      };
    },
  };
}
