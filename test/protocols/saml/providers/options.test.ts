/** What an application's options mean: three profiles, overridden key by key. */
import { microsoft, nameFormat, nameIdFormat } from '../../../../src/protocols/saml/names.ts';
import { optionsOf } from '../../../../src/protocols/saml/providers/options.ts';

const released = (settings: Parameters<typeof optionsOf>[0], otherwise?: 'none') =>
  Object.fromEntries(optionsOf(settings, otherwise).attributes.map(({ name, from }) => [name, from]));

test('without a word: both signed, encrypted where it can be, nothing old, nothing nobody asked for', () => {
  expect(optionsOf({})).toMatchObject({
    idpInitiated: false,
    sign: 'both',
    encrypt: 'auto',
    ignoreRequestedContext: false,
    algorithm: 'rsa-sha256',
    acceptSha1: false,
  });
  expect(optionsOf({})).not.toHaveProperty('nameId');
  expect(optionsOf({})).not.toHaveProperty('context');
  expect(released({})).toEqual({ mail: 'email', displayName: 'name', uid: 'username', groups: 'groups' });
});

test('saml2int: the Response signed, the assertion encrypted, another name every time', () => {
  const options = optionsOf({ profile: 'saml2int' });
  expect(options).toMatchObject({ sign: 'response', encrypt: 'always', nameId: { format: nameIdFormat.transient } });
  expect(options.attributes.every((one) => one.nameFormat === nameFormat.uri && one.friendlyName)).toBe(true);
});

test('entra: the assertion signed, the ImmutableID for a name, IDPEmail, and several factors said when it is true', () => {
  expect(optionsOf({ profile: 'entra' })).toMatchObject({
    sign: 'assertion',
    encrypt: 'never',
    nameId: { format: nameIdFormat.persistent, attribute: 'immutable_id' },
    context: microsoft.multipleAuthn,
    attributes: [{ name: 'IDPEmail', from: 'email' }],
  });
});

test('each key of a profile can be overridden, and the others stay', () => {
  const options = optionsOf({
    profile: 'entra',
    sign: 'both',
    nameid: { attribute: 'object_guid' },
    attributes: { map: { IDPEmail: 'upn' } },
  });
  expect(options).toMatchObject({
    sign: 'both',
    encrypt: 'never',
    nameId: { format: nameIdFormat.persistent, attribute: 'object_guid' },
    attributes: [{ name: 'IDPEmail', from: 'upn' }],
  });
});

test.each([
  ['a format', 'email', { format: nameIdFormat.emailAddress }],
  [
    'a format and a claim',
    { format: 'unspecified', attribute: 'badge' },
    { format: nameIdFormat.unspecified, attribute: 'badge' },
  ],
  ['the URI of a format', { format: 'urn:example:name' }, { format: 'urn:example:name' }],
] as const)('nameid takes %s', (_what, nameid, nameId) => {
  expect(optionsOf({ nameid }).nameId).toEqual(nameId);
});

test("a format of one's own does not bring the profile's claim along", () => {
  expect(optionsOf({ profile: 'entra', nameid: 'transient' }).nameId).toEqual({ format: nameIdFormat.transient });
});

describe('attributes', () => {
  test('Microsoft names', () => {
    expect(released({ attributes: 'microsoft' })).toMatchObject({
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress': 'email',
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name': 'username',
    });
  });

  test('a map alone releases what it lists, and nothing else', () => {
    expect(released({ attributes: { map: { Department: 'department' } } })).toEqual({ Department: 'department' });
  });

  test('a map over a preset adds, replaces and takes away', () => {
    expect(released({ attributes: { preset: 'basic', map: { groups: null, uid: 'employee', room: 'room' } } })).toEqual(
      { mail: 'email', displayName: 'name', uid: 'employee', room: 'room' },
    );
  });

  test('a URI and a word are names of two kinds', () => {
    const { attributes } = optionsOf({ attributes: { map: { 'urn:oid:2.5.4.4': 'family_name', sn: 'family_name' } } });
    expect(attributes.map((one) => [one.nameFormat, one.friendlyName])).toEqual([
      [nameFormat.uri, 'sn'],
      [nameFormat.basic, undefined],
    ]);
  });

  test('a name that every object has is a name like others', () => {
    const { attributes } = optionsOf({ attributes: { map: { constructor: 'name' } } });
    expect(attributes).toEqual([{ name: 'constructor', nameFormat: nameFormat.basic, from: 'name' }]);
  });

  test('eduPerson says what somebody is only by a declared claim', () => {
    expect(released({ attributes: 'eduperson' })['urn:oid:1.3.6.1.4.1.5923.1.1.1.1']).toBe('affiliation');
  });

  test('of a federation nothing, whatever its profile, unless it is said', () => {
    expect(released({ profile: 'entra' }, 'none')).toEqual({});
    expect(released({ attributes: 'basic' }, 'none')).toHaveProperty('mail');
  });
});
