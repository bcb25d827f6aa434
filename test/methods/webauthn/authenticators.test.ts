import { type RegistrationResponseJSON, verifyRegistrationResponse } from '@simplewebauthn/server';
import { readAttestation } from '../../../src/methods/webauthn/attestation.ts';
import { type AuthenticatorRules, createAuthenticators } from '../../../src/methods/webauthn/authenticators.ts';
import { noMetadata, readMetadata } from '../../../src/methods/webauthn/metadata.ts';
import { Authenticator, attestationOf, type Cbor, type Lies } from '../../support/authenticator.ts';
import { Office } from '../../support/certificates.ts';
import { makerOf, statementOf } from '../../support/maker.ts';

const office = new Office();
afterAll(() => office.close());

const aaguid = '11111111-2222-4333-8444-555555555555';
const yubikey = '2fc0579f-8113-47ea-b116-bb5a8db9202a';
const maker = makerOf(office, aaguid);
/** Has a certificate of the same maker, which names another model. */
const liar = makerOf(office, aaguid, { names: yubikey, root: maker.root });
/** Says to be the same model, and has a root of its own. */
const forger = makerOf(office, aaguid);

// After the certificates, which begin with the second they are made in.
const now = Date.now();
const metadataOf = (...statements: unknown[]) => {
  const read = readMetadata(JSON.stringify(statements), { roots: [] }, now);
  if ('wrong' in read) throw new Error(read.wrong);
  return read.metadata;
};
const northfold = metadataOf(statementOf(maker));
const withdrawn = metadataOf({ metadataStatement: statementOf(maker), statusReports: [{ status: 'REVOKED' }] });

const rules = (more: Partial<AuthenticatorRules> = {}): AuthenticatorRules => ({
  ...{ attestation: 'direct', allow: [], deny: [], requireMetadata: false, metadata: northfold },
  ...more,
});

const options = { challenge: 'challenge', rp: { id: 'localhost' }, user: { id: 'dTE' } };
/** A key one carries, or what it says when told to lie. */
const shows = (lies: Lies = {}): RegistrationResponseJSON =>
  JSON.parse(new Authenticator('http://localhost', { eligible: false }).create(options, lies));
const objectOf = ({ response }: RegistrationResponseJSON) => Buffer.from(response.attestationObject, 'base64url');

/** What becomes of a key that is registered as `shown`. */
async function register(more: Partial<AuthenticatorRules>, shown: Lies) {
  const authenticators = createAuthenticators(rules(more));
  const response = shows(shown);
  const one = authenticators.introduce(objectOf(response), now);
  if (!one) return 'unreadable';
  const attestationObject = Buffer.from(one.object).toString('base64url');
  const seen = await verifyRegistrationResponse({
    response: { ...response, response: { ...response.response, attestationObject } },
    ...{ expectedChallenge: 'challenge', expectedOrigin: 'http://localhost', expectedRPID: 'localhost' },
  }).catch((error: Error) => error);
  if (seen instanceof Error || !seen.verified) return 'refused';
  const syncable = seen.registrationInfo.credentialDeviceType === 'multiDevice';
  return authenticators.turns(one) ?? { attested: authenticators.attests(one, syncable), name: one.name };
}

describe('a security key whose maker vouches for it', () => {
  test('is attested', async () => {
    expect(await register({}, { maker })).toEqual({ attested: true, name: 'Northfold Key 3' });
  });

  test.each<[string, Partial<AuthenticatorRules>, Lies]>([
    ['where no statement is asked for', { attestation: 'none' }, { maker }],
    ['of a model the metadata does not know', { metadata: noMetadata }, { maker }],
    ['by a root the metadata does not have', {}, { maker: forger }],
    ['by itself', {}, { self: true }],
    ['by nobody', {}, { aaguid }],
    ['and whose keys are copied elsewhere', {}, { maker, eligible: true }],
  ])('is let in and not attested %s', async (_where, more, shown) => {
    expect(await register(more, shown)).toMatchObject({ attested: false });
  });

  test.each([
    [['hardware'], true],
    [['secure_element'], true],
    [['hardware', 'remote_handle'], true],
    [['hardware', 'tee'], false],
    [['tee'], false],
    [['software'], false],
    [['hardware', 'software'], false],
    [[], false],
    [undefined, false],
  ])('with keys in %j is attested: %s', async (keyProtection, attested) => {
    const metadata = metadataOf(statementOf(maker, { keyProtection }));
    expect(await register({ metadata }, { maker })).toMatchObject({ attested });
  });

  test('is not attested by a certificate that has expired, or is not valid yet', () => {
    const authenticators = createAuthenticators(rules());
    const object = objectOf(shows({ maker }));
    for (const at of [now - 86_400_000, now + 3 * 86_400_000])
      expect(authenticators.introduce(object, at)?.model).toBeUndefined();
  });
});

describe('who lies', () => {
  test.each<[string, Lies]>([
    ['about the model, with a certificate that names another', { maker: liar }],
    ['about who signed', { maker, signature: new Uint8Array(70) }],
    ['about having signed oneself', { self: true, signature: new Uint8Array(70) }],
    ['about a backup that cannot be', { maker, backedUp: true }],
  ])('%s is refused', async (_what, shown) => {
    expect(await register({}, shown)).toBe('refused');
  });

  test("puts another model's AAGUID beside a right signature in vain", async () => {
    // Signed by its maker and leading to the root of both: the certificate knows which one it is.
    const both = metadataOf(statementOf(maker), statementOf({ ...maker, aaguid: yubikey }));
    expect(await register({ metadata: both, allow: [yubikey] }, { maker, aaguid: yubikey })).toBe('refused');
  });
});

describe('a model that may not be registered', () => {
  test.each<[string, Partial<AuthenticatorRules>, Lies, string]>([
    ['is denied by proof', { deny: [aaguid] }, { maker }, 'denied'],
    ['is denied by its word', { deny: [aaguid], attestation: 'none' }, { aaguid }, 'denied'],
    ['is denied though it is allowed', { deny: [aaguid], allow: [aaguid] }, { maker }, 'denied'],
    ['is withdrawn', { metadata: withdrawn }, { maker }, 'withdrawn'],
    ['is withdrawn though it is allowed', { metadata: withdrawn, allow: [aaguid] }, { maker }, 'withdrawn'],
    ['is withdrawn by its word', { metadata: withdrawn, attestation: 'none' }, { aaguid }, 'withdrawn'],
    ['is not among the allowed', { allow: [yubikey] }, { maker }, 'not-allowed'],
    ['says to be among the allowed', { allow: [aaguid] }, { aaguid }, 'unproved'],
    ['says so and signs itself', { allow: [aaguid] }, { aaguid, self: true }, 'unproved'],
    ['says so by a root of its own', { allow: [aaguid] }, { maker: forger }, 'unproved'],
    ['is in no metadata', { requireMetadata: true, metadata: noMetadata }, { maker }, 'unproved'],
    ['shows nothing', { requireMetadata: true }, {}, 'unproved'],
  ])('%s', async (_what, more, shown, turned) => {
    expect(await register(more, shown)).toBe(turned);
  });

  test('and the one that may', async () => {
    expect(await register({ allow: [aaguid], requireMetadata: true }, { maker })).toMatchObject({ attested: true });
    expect(await register({ deny: [yubikey] }, {})).toMatchObject({ attested: false });
  });
});

describe('what is known of models', () => {
  test('their names: of the metadata, of the table, and none', () => {
    const { nameOf } = createAuthenticators(rules());
    expect([aaguid, yubikey, '00000000-0000-0000-0000-000000000000'].map(nameOf)).toEqual([
      'Northfold Key 3',
      'YubiKey 5 NFC',
      undefined,
    ]);
    const own = metadataOf(statementOf({ ...maker, aaguid: yubikey }, { description: 'YubiKey 5 Series with NFC' }));
    expect(createAuthenticators(rules({ metadata: own })).nameOf(yubikey)).toBe('YubiKey 5 Series with NFC');
  });

  test('names of the allowed are said once each, the unknown by their number', () => {
    const unknown = '99999999-2222-4333-8444-555555555555';
    const { allowed } = createAuthenticators(
      rules({ allow: [yubikey, 'a25342c0-3cdc-4414-8e46-f4807fca511c', unknown] }),
    );
    expect(allowed).toEqual(['YubiKey 5 NFC', unknown]);
  });

  test('one that was attested is believed until it is withdrawn or denied', () => {
    const believed = (more: Partial<AuthenticatorRules>) => createAuthenticators(rules(more)).believes(aaguid);
    expect(believed({})).toBe(true);
    expect(believed({ metadata: noMetadata })).toBe(true);
    expect(believed({ metadata: withdrawn })).toBe(false);
    expect(believed({ deny: [aaguid] })).toBe(false);
  });
});

const authenticatorDataIn = (object: Buffer) => readAttestation(object)?.authenticatorData ?? Buffer.alloc(0);

describe('what is not believed is not parsed', () => {
  const statements: [string, string, Map<string, Cbor>][] = [
    ['a format nobody knows', 'northfold', new Map([['x5c', [Buffer.alloc(3)]]])],
    ['SafetyNet, which Google has closed', 'android-safetynet', new Map([['response', Buffer.alloc(3)]])],
    [
      // The library would ask the addresses in them for revocation lists.
      'certificates of a stranger as an Android key store has them',
      'android-key',
      new Map<string, Cbor>([
        ['alg', -7],
        ['sig', Buffer.alloc(3)],
        ['x5c', [Buffer.alloc(3), Buffer.alloc(3)]],
      ]),
    ],
  ];
  test.each(statements)('%s', (_what, format, statement) => {
    const authenticators = createAuthenticators(rules());
    const data = Buffer.from(authenticatorDataIn(objectOf(shows())));
    const plain = authenticators.introduce(attestationOf('none', new Map(), data), now);
    const one = authenticators.introduce(attestationOf(format, statement, data), now);
    expect(Buffer.from(one?.object ?? []).toString('hex')).toBe(Buffer.from(plain?.object ?? []).toString('hex'));
    expect(one?.model).toBeUndefined();
  });
});
