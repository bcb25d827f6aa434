import type { User } from '../../../../src/domain/user.ts';
import { optionsOf, type Settings } from '../../../../src/protocols/saml/providers/options.ts';
import type { Party } from '../../../../src/protocols/saml/providers/parties.ts';
import { attributesOf, rulesFor } from '../../../../src/protocols/saml/sign-on/release.ts';

const ana = {
  id: 'u1',
  store: 'local',
  username: 'ana',
  name: 'Ana Silva',
  email: 'ana@northfold.example',
  emailVerified: true,
  groups: ['Finance'],
  claims: { affiliation: ['staff', 'member'], badge: 417, manager: { id: 'u2' }, given_name: 'Ana' },
} as unknown as User;
const ids = {
  subjectId: 'u1@northfold.example',
  pairwiseId: 'p1@northfold.example',
  principalName: 'ana@northfold.example',
};

/** A service provider treated like this, whose metadata says which identifier it cannot do without. */
const party = (settings: Settings, { needs, thirdParty = false }: { needs?: string; thirdParty?: boolean } = {}) =>
  ({
    application: { thirdParty },
    options: optionsOf(settings),
    provider: {
      entityAttributes: needs ? { 'urn:oasis:names:tc:SAML:profiles:subject-id:req': [needs] } : {},
      attributeServices: [{ index: 1, attributes: ['mail'] }],
    },
  }) as unknown as Party;

/** What is told, by name. */
const told = (whom: Party, index?: number) =>
  Object.fromEntries(attributesOf(ana, rulesFor(whom, index), ids).map(({ name, values }) => [name, values]));

const subjectId = 'urn:oasis:names:tc:SAML:attribute:subject-id';
const pairwiseId = 'urn:oasis:names:tc:SAML:attribute:pairwise-id';

describe('the identifier that metadata cannot do without', () => {
  const none: Settings = { attributes: 'none' };

  test.each([
    ['subject-id', { [subjectId]: ['u1@northfold.example'] }],
    ['pairwise-id', { [pairwiseId]: ['p1@northfold.example'] }],
    ['any', { [pairwiseId]: ['p1@northfold.example'] }],
    ['none', {}],
    ['urn:x', {}],
  ])('%s', (needs, expected) => {
    expect(told(party(none, { needs }))).toEqual(expected);
  });

  test('is told whatever AttributeConsumingService was asked for', () => {
    expect(told(party({}, { needs: 'pairwise-id' }), 1)).toEqual({
      mail: ['ana@northfold.example'],
      [pairwiseId]: ['p1@northfold.example'],
    });
  });

  test('is not told to a third party where it is the same everywhere, unless an administrator says so', () => {
    expect(told(party(none, { needs: 'subject-id', thirdParty: true }))).toEqual({});
    expect(told(party(none, { needs: 'pairwise-id', thirdParty: true }))).toHaveProperty([pairwiseId]);
    const chosen: Settings = { attributes: { map: { [subjectId]: 'subject-id' } } };
    expect(told(party(chosen, { needs: 'subject-id', thirdParty: true }))).toHaveProperty([subjectId]);
  });
});

describe('the presets', () => {
  test('eduperson: by the names of the X.500 profile, the user name with our scope', () => {
    const rules = rulesFor(party({ attributes: 'eduperson' }), undefined);
    expect(attributesOf(ana, rules, ids).map(({ friendlyName, values }) => [friendlyName, ...values])).toEqual([
      ['mail', 'ana@northfold.example'],
      ['displayName', 'Ana Silva'],
      ['eduPersonPrincipalName', 'ana@northfold.example'],
      ['eduPersonAffiliation', 'staff', 'member'],
    ]);
    for (const { nameFormat } of rules) expect(nameFormat).toBe('urn:oasis:names:tc:SAML:2.0:attrname-format:uri');
  });

  test('microsoft: what the person has of it', () => {
    expect(told(party({ attributes: 'microsoft' }))).toEqual({
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress': ['ana@northfold.example'],
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name': ['ana'],
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname': ['Ana'],
      'http://schemas.microsoft.com/identity/claims/displayname': ['Ana Silva'],
      'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups': ['Finance'],
    });
  });
});

test('claims are told as text, and only those that are plain values; what is inherited is none', () => {
  const map = { badge: 'badge', manager: 'manager', other: 'toString' };
  expect(told(party({ attributes: { map } }))).toEqual({ badge: ['417'] });
});
