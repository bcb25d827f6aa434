/** Ana, her passkeys, and what she is asked and answers: shared by the tests of both ceremonies. */
import type { Credential, NewCredential } from '../../../src/domain/credential.ts';
import type { Subject } from '../../../src/domain/method.ts';
import { createWebauthn } from '../../../src/methods/webauthn/webauthn.ts';
import type { Authenticator, CreationOptions, Lies, RequestOptions } from '../../support/authenticator.ts';
import { ana } from '../../support/people.ts';
import { subject } from '../../support/subject.ts';

export const origin = 'https://id.northfold.example';
export const secrets = [Buffer.alloc(32, 1)];
export const site = { rpId: 'id.northfold.example', origins: [origin], secrets };
export const webauthn = createWebauthn(site);
export const mei = { ...ana, id: 'u2', username: 'mei', name: 'Mei' };

export const kept = (made: NewCredential, user = ana): Credential => ({
  ...made,
  id: `row of ${made.lookup?.slice(0, 4)}`,
  user: user.id,
  failures: 0,
  disabled: false,
  createdAt: 0,
});
export const person = (held: Credential[] = []) => ({ user: ana, issuer: 'Stile', held, now: 0 });
export const begin = async (held: Credential[] = []) => {
  const { state, show } = await webauthn.register(person(held));
  return { state, options: show.options as CreationOptions };
};
/** A passkey of ana's, registered. */
export async function registered(authenticator: Authenticator, lies: Lies = {}): Promise<Credential> {
  const { state, options } = await begin();
  const done = await webauthn.confirm(state, { response: authenticator.create(options, lies) }, 0);
  if (done.kind !== 'registered') throw new Error(`not registered: ${done.reason}`);
  return kept(done.credential);
}
export const asked = async (about: Subject, method = webauthn) =>
  (await method.challenge(about)).show.options as RequestOptions & Record<string, unknown>;
export const stranger = (more: Partial<Subject> = {}) => subject({ user: ana, vouched: false, ...more });
export const vouched = (more: Partial<Subject> = {}) => subject({ user: ana, proved: ['password'], turn: 1, ...more });
/** Ana's answer to a question about her. */
export async function answer(authenticator: Authenticator, about: Subject, lies: Lies = {}) {
  return webauthn.verify(about, '', { response: authenticator.get(await asked(about), lies) });
}
