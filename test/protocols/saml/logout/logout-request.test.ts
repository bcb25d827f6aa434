import { X509Certificate } from 'node:crypto';
import { Keyring } from '../../../../src/protocols/saml/keys/keys.ts';
import { logoutRequest, means, readLogoutRequest } from '../../../../src/protocols/saml/logout/logout-request.ts';
import { logoutResponse, readLogoutResponse } from '../../../../src/protocols/saml/logout/logout-response.ts';
import { requester, success } from '../../../../src/protocols/saml/messages/status.ts';
import { nameIdFormat, ns, status } from '../../../../src/protocols/saml/names.ts';
import { UnreadableXml } from '../../../../src/protocols/saml/xml/element.ts';
import { readXml, verifiedXml } from '../../../../src/protocols/saml/xml/reading.ts';
import { signed } from '../../../../src/protocols/saml/xml/signature.ts';
import { keptKeys, quietly } from '../../../support/kept-keys.ts';

const entityId = 'https://id.example/saml';
const provider = 'https://sp.example/payroll';
const at = Date.UTC(2026, 10, 23, 9);

let keys: Keyring;
beforeAll(async () => {
  const ring = { issuer: 'https://id.example', metadataValid: 0, keyOverlap: 0, now: () => at };
  keys = await Keyring.open({ store: keptKeys(), ...quietly, ...ring });
});
afterAll(() => keys.stop());

/** As its reader sees it: born canonical, or the signature would not hold. */
const read = (unsigned: Parameters<typeof signed>[0]) => {
  const signer = keys.signer('rsa-sha256');
  const key = new X509Certificate(Buffer.from(signer.certificate, 'base64')).publicKey;
  const text = `${signed(unsigned, signer)}`;
  return verifiedXml(text, readXml(text), [key], false);
};

test('what is written is read as it was meant, and its signature holds', () => {
  const nameId = { value: 'ana "é" <&> ', format: nameIdFormat.persistent, spNameQualifier: provider };
  const message = { id: '_r1', issuer: entityId, destination: 'https://sp.example/slo?a=1&b=2', now: at };
  const root = read(logoutRequest(message, { nameId, sessionIndex: '_s1' }));
  expect(readLogoutRequest(root)).toEqual({
    id: '_r1',
    issuer: entityId,
    destination: message.destination,
    issuedAt: at,
    notOnOrAfter: at + 5 * 60_000,
    nameId,
    sessionIndexes: ['_s1'],
  });
});

test.each([
  ['yes', success, true],
  ['a yes for itself alone', { ...success, second: status.partialLogout }, false],
  ['no', requester(status.unknownPrincipal, 'nobody'), false],
])('an answer is read as it was meant: %s', (_what, said, ok) => {
  const message = { issuer: entityId, destination: 'https://sp.example/slo', inResponseTo: '_r1', now: at };
  expect(readLogoutResponse(read(logoutResponse(message, said)))).toMatchObject({ inResponseTo: '_r1', ok });
});

const request = (inside: string, attributes = '') =>
  readXml(
    `<p:LogoutRequest xmlns:p="${ns.protocol}" xmlns="${ns.assertion}" ID="_r" Version="2.0" IssueInstant="2026-11-23T09:00:00Z" ${attributes}><Issuer>${provider}</Issuer>${inside}</p:LogoutRequest>`,
  );

test.each([
  ['nobody', ''],
  ['two', '<NameID>ana</NameID><NameID>mei</NameID>'],
  ['somebody encrypted', '<EncryptedID/>'],
  ['somebody by a BaseID', '<BaseID/>'],
  ['somebody, and somebody encrypted', '<NameID>ana</NameID><EncryptedID/>'],
  ['an empty name', '<NameID></NameID>'],
  ['a name with an element in it', '<NameID>ana<b/></NameID>'],
])('a request that names %s is not read', (_what, inside) => {
  expect(() => readLogoutRequest(request(inside))).toThrow(UnreadableXml);
});

test('a NotOnOrAfter that is no time is not read as none', () => {
  expect(() => readLogoutRequest(request('<NameID>ana</NameID>', 'NotOnOrAfter="tomorrow"'))).toThrow(UnreadableXml);
});

describe('a request means a session', () => {
  const known = {
    nameId: { value: 'q7', format: nameIdFormat.persistent, spNameQualifier: provider },
    sessionIndex: '_s1',
  };
  const meant = (nameId: object, sessionIndexes: readonly string[] = []) =>
    means({ nameId: { value: 'q7', ...nameId }, sessionIndexes }, known, { provider, entityId });

  test.each([
    ['the bare name', {}, []],
    ['in full', { format: nameIdFormat.persistent, nameQualifier: entityId, spNameQualifier: provider }, ['_s1']],
    ['of no particular format', { format: nameIdFormat.unspecified }, []],
    ['several indexes', {}, ['_s0', '_s1']],
  ])('by %s', (_what, nameId, indexes) => expect(meant(nameId, indexes)).toBe(true));

  test.each([
    ['another name', { value: 'q8' }, []],
    ['another spelling', { value: 'Q7' }, []],
    ['a space more', { value: 'q7 ' }, []],
    ['another format', { format: nameIdFormat.transient }, []],
    ['a qualifier of others', { nameQualifier: 'https://id.elsewhere.example' }, []],
    ['for another service provider', { spNameQualifier: 'https://sp.example/wiki' }, []],
    ['another index', {}, ['_s0']],
  ])('and not by %s', (_what, nameId, indexes) => expect(meant(nameId, indexes)).toBe(false));
});
