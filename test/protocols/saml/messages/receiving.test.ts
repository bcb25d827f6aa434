/** How long a request is believed, how long it is remembered that it was used, and what is said of a signature. */
import type { Browser } from '../../../../src/authentication/authentication.ts';
import { fromForm, fromQuery } from '../../../../src/protocols/saml/messages/binding.ts';
import { receive } from '../../../../src/protocols/saml/messages/receiving.ts';
import { once } from '../../../../src/protocols/saml/messages/replay.ts';
import type { Parties } from '../../../../src/protocols/saml/providers/parties.ts';
import { readAuthnRequest } from '../../../../src/protocols/saml/sign-on/authn-request.ts';
import { MemoryKv } from '../../../../src/state/memory.ts';
import { pair } from '../../../support/saml-keys.ts';
import { authnRequest, redirectQuery } from '../../../support/saml-messages.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 22);
/** How long what came by POST waits for a GET of ours. */
const waits = 5 * minute;
const party = {
  application: { id: 'wiki', name: 'Wiki' },
  provider: { entityId: 'https://wiki.example', signingKeys: [] },
  options: {},
};
const parties = { byEntityId: () => party } as unknown as Parties;
const endpoint = 'https://id.example/saml/sso';
const browser = (id: string) => ({ bind: () => id }) as Browser;

const message = (issuedAt: number) =>
  fromForm({
    SAMLRequest: Buffer.from(
      authnRequest({ id: '_a', issuer: 'https://wiki.example', destination: endpoint, issuedAt: new Date(issuedAt) }),
    ).toString('base64'),
  });
const expected = { name: 'AuthnRequest', read: readAuthnRequest, endpoint, parties, mustBeSigned: false };
const believed = (issuedAt: number, now: number) => {
  try {
    return Boolean(receive(message(issuedAt), { ...expected, now }));
  } catch {
    return false;
  }
};

test('a request that was used is remembered for longer than a copy of it can be brought, by POST and at the last moment', async () => {
  let now = start;
  const kv = new MemoryKv({ now: () => now });
  // Of a clock that is as far ahead as may be, so that it is believed for longest.
  const issuedAt = start + 5 * minute;
  expect([believed(issuedAt, start), believed(issuedAt + 1000, start)]).toEqual([true, false]);
  await once(kv, browser('ana'), 'wiki', '_a');
  let last = start;
  while (believed(issuedAt, last + minute)) last += minute;
  expect(last).toBe(start + 15 * minute);
  now = last + waits;
  await expect(once(kv, browser('a thief'), 'wiki', '_a')).rejects.toThrow('used before');
  await once(kv, browser('ana'), 'wiki', '_a');
  await kv.close();
});

test('a signed request of somebody whose metadata has no key is told apart from a wrong signature', () => {
  const text = authnRequest({
    ...{ id: '_a', issuer: 'https://wiki.example', destination: endpoint },
    issuedAt: new Date(start),
  });
  const signed = fromQuery(redirectQuery(text, { signing: { pair: pair('wiki') } }));
  expect(() => receive(signed, { ...expected, now: start })).toThrow(
    'its metadata has no key to check the signature with',
  );
});
