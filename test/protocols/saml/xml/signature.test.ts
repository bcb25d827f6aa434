import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { Keyring, type Signer } from '../../../../src/protocols/saml/keys/keys.ts';
import { ns } from '../../../../src/protocols/saml/names.ts';
import { type Canonical, xml } from '../../../../src/protocols/saml/xml/canonical.ts';
import { BadSignature, readXml, verifiedXml } from '../../../../src/protocols/saml/xml/reading.ts';
import { signed, signedQuery } from '../../../../src/protocols/saml/xml/signature.ts';
import { keptKeys, quietly } from '../../../support/kept-keys.ts';

let keys: Keyring;
beforeAll(async () => {
  const at = Date.UTC(2026, 10, 22);
  keys = await Keyring.open({
    ...quietly,
    store: keptKeys(),
    issuer: 'https://id.example.com',
    metadataValid: 0,
    keyOverlap: 0,
    now: () => at,
  });
});
afterAll(() => keys.stop());

const keyOf = ({ certificate }: Signer) => new X509Certificate(Buffer.from(certificate, 'base64')).publicKey;
const issuer = xml`<saml:Issuer xmlns:saml="${ns.assertion}">https://id.example.com</saml:Issuer>`;
const response = (text: string) => ({
  id: '_r1',
  head: xml`<samlp:Response xmlns:samlp="${ns.protocol}" ID="_r1" Version="2.0">${issuer}`,
  rest: xml`<samlp:Status><samlp:StatusMessage>${text}</samlp:StatusMessage></samlp:Status></samlp:Response>`,
});
const check = (document: Canonical | string, signer: Signer, sha1 = false) =>
  verifiedXml(String(document), readXml(String(document)), [keyOf(signer)], sha1);
const algorithms = ['rsa-sha256', 'ecdsa-sha256', 'rsa-sha1'] as const;

describe.each(algorithms)('%s', (name) => {
  const sha1 = name === 'rsa-sha1';
  const awkward = 'Ana "Silva" & <friends> 😀 \r\n\t é é ]]>';

  test('signs our canonical XML so that a stranger to it agrees, whatever the text', () => {
    const signer = keys.signer(name);
    const covered = check(signed(response(awkward), signer), signer, sha1);
    expect(covered.children.at(-1)?.children[0]?.text).toBe(awkward);
  });

  test('covers every byte: one other letter, and it does not hold', () => {
    const signer = keys.signer(name);
    const changed = String(signed(response('Approved'), signer)).replace('Approved', 'Approvee');
    expect(() => check(changed, signer, sha1)).toThrow(BadSignature);
  });

  test('stands right behind the Issuer, and carries the certificate', () => {
    const signer = keys.signer(name);
    const root = readXml(String(signed(response('x'), signer)));
    expect(root.children.map((child) => child.name)).toEqual(['Issuer', 'Signature', 'Status']);
    expect(String(signed(response('x'), signer))).toContain(`<ds:X509Certificate>${signer.certificate}<`);
  });

  test('signs a query of the Redirect binding over its own octets, in the order of the binding', () => {
    const signer = keys.signer(name);
    const query = signedQuery({ SAMLResponse: 'fZA+/w==', RelayState: 'a b&c=d/é' }, signer);
    const [octets = '', signature = ''] = query.split('&Signature=');
    expect([...new URLSearchParams(octets)]).toEqual([
      ['SAMLResponse', 'fZA+/w=='],
      ['RelayState', 'a b&c=d/é'],
      ['SigAlg', signer.method],
    ]);
    const key = createPublicKey(keyOf(signer).export({ type: 'spki', format: 'pem' }));
    const value = Buffer.from(decodeURIComponent(signature), 'base64');
    const digest = sha1 ? 'sha1' : 'sha256';
    expect(verify(digest, Buffer.from(octets), { key, dsaEncoding: 'ieee-p1363' }, value)).toBe(true);
  });
});

test('a signed assertion within a signed Response holds on its own too', () => {
  const signer = keys.signer('rsa-sha256');
  const assertion = signed(
    {
      id: '_a1',
      head: xml`<saml:Assertion xmlns:saml="${ns.assertion}" ID="_a1" Version="2.0"><saml:Issuer>https://id.example.com</saml:Issuer>`,
      rest: xml`<saml:Subject><saml:NameID>${'ana'}</saml:NameID></saml:Subject></saml:Assertion>`,
    },
    signer,
  );
  expect(check(assertion, signer).children.map(({ name }) => name)).toEqual(['Issuer', 'Subject']);
  const outer = response('x');
  const whole = String(signed({ ...outer, rest: xml`${assertion}${outer.rest}` }, signer));
  const digest = createHash('sha256').update(`${outer.head}${assertion}${outer.rest}`).digest('base64');
  expect(whole).toContain(`<ds:DigestValue>${digest}</ds:DigestValue>`);
  expect(whole).toContain(String(assertion));
});

test('RelayState stays away where there is none', () => {
  expect(signedQuery({ SAMLRequest: 'x' }, keys.signer('rsa-sha256'))).toMatch(
    /^SAMLRequest=x&SigAlg=[^&]+&Signature=[^&]+$/,
  );
});
