/** Reading one service provider's metadata: what of it counts. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { binding, ns } from '../../../../src/protocols/saml/names.ts';
import { inspect, readDeclared } from '../../../../src/protocols/saml/providers/declared.ts';
import { MetadataDocument } from '../../../../src/protocols/saml/providers/document.ts';
import { providerOf } from '../../../../src/protocols/saml/providers/record.ts';
import { type Pair, pair } from '../../../support/saml-keys.ts';
import { metadataOf } from '../../../support/saml-metadata.ts';

const post = (location: string, more = '') =>
  `<md:AssertionConsumerService Binding="${binding.post}" Location="${location}" ${more}/>`;
const acs = post('https://pay.example/acs', 'index="1"');

/** An EntityDescriptor around a role's inside. */
const entity = (inside: string, { role = '', root = '', before = '' } = {}) =>
  `<md:EntityDescriptor xmlns:md="${ns.metadata}" xmlns:ds="${ns.signature}" entityID="https://pay.example/saml" ${root}>${before}<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol ${ns.protocol}" ${role}>${inside}</md:SPSSODescriptor></md:EntityDescriptor>`;

const record = (text: string) => readDeclared(text, { old: false }).record;
const wrong = (text: string) => inspect(text, { old: false });

let one: Pair;
let other: Pair;
let curve: Pair;
beforeAll(() => {
  one = pair('one');
  other = pair('other');
  curve = pair('curve', 'ec');
});

const descriptor = (base64: string, use = '', more = '') =>
  `<md:KeyDescriptor ${use && `use="${use}"`}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>${more}</md:KeyDescriptor>`;
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).toString('base64');

test('an application as most write it', () => {
  const { record: read, skipped } = readDeclared(
    metadataOf({
      entityId: 'https://pay.example/saml',
      consumers: [
        { location: 'https://pay.example/artifact', binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact' },
        { location: 'https://pay.example/acs', index: 4 },
        { location: 'https://pay.example/acs2', index: 7, isDefault: true },
      ],
      logout: [
        {
          location: 'https://pay.example/slo',
          binding: binding.redirect,
          responseLocation: 'https://pay.example/done',
        },
        { location: 'https://pay.example/slo', binding: 'urn:oasis:names:tc:SAML:2.0:bindings:SOAP' },
      ],
      keys: [one],
      methods: ['http://www.w3.org/2009/xmlenc11#aes128-gcm'],
      authnRequestsSigned: true,
      nameIdFormats: ['urn:oasis:names:tc:SAML:2.0:nameid-format:transient'],
      attributes: { 3: ['urn:oid:0.9.2342.19200300.100.1.3'] },
      validUntil: new Date(Date.UTC(2027, 0)),
    }),
    { old: false },
  );
  expect(skipped).toEqual([]);
  expect(read).toEqual({
    entityId: 'https://pay.example/saml',
    displayNames: {},
    validUntil: Date.UTC(2027, 0),
    assertionConsumers: [
      { binding: binding.post, location: 'https://pay.example/acs', index: 4 },
      { binding: binding.post, location: 'https://pay.example/acs2', index: 7, isDefault: true },
    ],
    logout: [
      { binding: binding.redirect, location: 'https://pay.example/slo', responseLocation: 'https://pay.example/done' },
    ],
    signingKeys: [spki(one.publicKey)],
    encryptionKeys: [{ key: spki(one.publicKey), methods: ['http://www.w3.org/2009/xmlenc11#aes128-gcm'] }],
    authnRequestsSigned: true,
    nameIdFormats: ['urn:oasis:names:tc:SAML:2.0:nameid-format:transient'],
    attributeServices: [{ index: 3, attributes: ['urn:oid:0.9.2342.19200300.100.1.3'] }],
    entityAttributes: {},
  });
});

describe('the default endpoint (saml-metadata section 2.2.3) is', () => {
  test.each([
    ['the first that says so', ['isDefault="false"', '', 'isDefault="1"', 'isDefault="true"'], 2],
    ['else the first that does not say no', ['isDefault="false"', '', ''], 1],
    ['else the first', ['isDefault="false"', 'isDefault="0"'], 0],
  ])('%s', (_which, said, place) => {
    const inside = said.map((more, i) => post(`https://pay.example/${i}`, `index="${i}" ${more}`)).join('');
    const { assertionConsumers } = record(entity(inside));
    expect(assertionConsumers.filter(({ isDefault }) => isDefault).map(({ index }) => index)).toEqual([place]);
  });
});

describe('keys', () => {
  test('signing, encryption, and without a use both; whatever their certificates say', () => {
    const inside = `${descriptor(one.base64, 'signing')}${descriptor(other.base64, 'encryption')}${descriptor(curve.base64)}`;
    const { signingKeys, encryptionKeys } = record(entity(inside + acs));
    expect(signingKeys).toEqual([spki(one.publicKey), spki(curve.publicKey)]);
    expect(encryptionKeys).toEqual([{ key: spki(other.publicKey), methods: [] }]);
  });

  test('come out as keys, made when they are first used', () => {
    const provider = providerOf(record(entity(descriptor(one.base64) + acs)));
    expect(provider.signingKeys[0]?.equals(one.publicKey)).toBe(true);
    expect(provider.encryptionKeys[0]?.key.equals(one.publicKey)).toBe(true);
    expect(provider.signingKeys[0]).toBe(provider.signingKeys[0]);
  });

  test('of several certificates in one descriptor every one counts, and one that stands twice once', () => {
    const inside = `<md:KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n${one.base64.replace(/.{64}/g, '$&\n')}\n</ds:X509Certificate><ds:X509Certificate>${other.certificate}</ds:X509Certificate></ds:X509Data><ds:X509Data><ds:X509Certificate>${one.base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
    expect(record(entity(inside + acs)).signingKeys).toEqual([spki(one.publicKey), spki(other.publicKey)]);
  });

  test('as an RSAKeyValue without a certificate', () => {
    const { n = '', e = '' } = one.publicKey.export({ format: 'jwk' });
    const base64 = (value: string) => Buffer.from(value, 'base64url').toString('base64');
    const inside = `<md:KeyDescriptor><ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>${base64(n)}</ds:Modulus><ds:Exponent>${base64(e)}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo></md:KeyDescriptor>`;
    expect(record(entity(inside + acs)).signingKeys).toEqual([spki(one.publicKey)]);
  });

  test('that cannot be used are left out, each with a reason, and the rest count', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const { n = '' } = publicKey.export({ format: 'jwk' });
    const short = `<md:KeyDescriptor><ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>${Buffer.from(n, 'base64url').toString('base64')}</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo></md:KeyDescriptor>`;
    const text = entity(`${short}${descriptor('no; base64')}${descriptor('AAAA')}${descriptor(one.base64)}${acs}`);
    const read = readDeclared(text, { old: false });
    expect(read.record.signingKeys).toEqual([spki(one.publicKey)]);
    expect(read.skipped).toEqual([
      'https://pay.example/saml: a key was left out: an RSA key of 1024 bits is too short',
      'https://pay.example/saml: a key was left out: X509Certificate is not base64',
      expect.stringMatching(/a key was left out: it is not DER/),
    ]);
    // An application that takes old cryptography takes such a key as well.
    expect(readDeclared(text, { old: true }).record.signingKeys).toEqual([
      spki(createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))),
      spki(one.publicKey),
    ]);
  });

  test.each([
    ['exponent 1, by which all is plain', (n: Buffer) => [n, Buffer.from([1])]],
    ['an even exponent', (n: Buffer) => [n, Buffer.from([4])]],
    ['an exponent that keeps whoever verifies busy', (n: Buffer) => [n, n.subarray(1)]],
    [
      'an even modulus, which fails when it is used',
      (n: Buffer) => [Buffer.concat([n.subarray(0, -1), Buffer.from([2])]), Buffer.from([1, 0, 1])],
    ],
  ])('with numbers of no RSA key are left out: %s', (_what, made) => {
    const { n = '' } = one.publicKey.export({ format: 'jwk' });
    const [modulus = '', exponent = ''] = made(Buffer.from(n, 'base64url')).map((part) => part.toString('base64'));
    const value = `<md:KeyDescriptor><ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>${modulus}</ds:Modulus><ds:Exponent>${exponent}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo></md:KeyDescriptor>`;
    expect(readDeclared(entity(value + acs), { old: false })).toMatchObject({
      record: { signingKeys: [], encryptionKeys: [] },
      skipped: [expect.stringMatching(/none of an RSA key/)],
    });
  });

  test.each(['secp256k1', 'ed25519'])('on %s are of no use', (kind) => {
    const key =
      kind === 'ed25519'
        ? generateKeyPairSync('ed25519').publicKey
        : generateKeyPairSync('ec', { namedCurve: kind }).publicKey;
    // A certificate is no more than a wrapping here: one about another key will do.
    const certificate = Buffer.from(curve.base64, 'base64');
    const [old, fresh] = [curve.publicKey, key].map((at) => at.export({ type: 'spki', format: 'der' }));
    const at = certificate.indexOf(old as Buffer);
    const inside = [certificate.subarray(0, at), fresh as Buffer, certificate.subarray(at + (old as Buffer).length)];
    const wrapped = relength(Buffer.concat(inside), (fresh as Buffer).length - (old as Buffer).length);
    expect(readDeclared(entity(descriptor(wrapped) + acs), { old: false })).toMatchObject({
      record: { signingKeys: [] },
      skipped: [expect.stringMatching(/its curve is not taken|neither RSA nor EC/)],
    });
  });
});

/** The lengths of Certificate and TBSCertificate, of two bytes each, made right again. */
function relength(certificate: Buffer, by: number): string {
  const bytes = Buffer.from(certificate);
  let at = 0;
  for (const _ of ['Certificate', 'TBSCertificate']) {
    const wide = (bytes[at + 1] as number) - 0x80;
    bytes.writeUIntBE(bytes.readUIntBE(at + 2, wide) + by, at + 2, wide);
    at += 2 + wide;
  }
  return bytes.toString('base64');
}

describe('addresses', () => {
  test.each([
    ['/acs'],
    ['javascript:alert(1)'],
    ['ftp://pay.example/acs'],
    ['https://pay.example/a cs'],
    ['https://pay.example\\@thief.example/'],
    ['https://pay.example@thief.example/acs'],
    ['https://'],
  ])('%s is none people are sent to', (location) => {
    const { record: read, skipped } = readDeclared(entity(post(location) + acs), { old: false });
    expect(read.assertionConsumers.map((at) => at.location)).toEqual(['https://pay.example/acs']);
    expect(skipped).toEqual([expect.stringContaining(JSON.stringify(location))]);
  });

  test('of an application somebody declared may be http', () => {
    expect(record(entity(post('http://10.0.0.7/acs'))).assertionConsumers).toHaveLength(1);
  });
});

test('names, entity attributes, and the earliest end of root and role', () => {
  const ui = `<md:Extensions><ui:UIInfo xmlns:ui="${ns.ui}"><ui:DisplayName xml:lang="en"> Pay
    roll </ui:DisplayName><ui:DisplayName xml:lang="de">Lohn</ui:DisplayName><ui:DisplayName>nameless</ui:DisplayName></ui:UIInfo></md:Extensions>`;
  const before = `<md:Extensions><a:EntityAttributes xmlns:a="${ns.attribute}"><s:Attribute xmlns:s="${ns.assertion}" Name="urn:req"><s:AttributeValue>any</s:AttributeValue></s:Attribute></a:EntityAttributes></md:Extensions>`;
  const text = entity(ui + acs, {
    before,
    root: 'validUntil="2027-02-01T00:00:00Z"',
    role: 'validUntil="2027-01-01T01:00:00+01:00"',
  });
  expect(record(text)).toMatchObject({
    displayNames: { en: 'Pay roll', de: 'Lohn' },
    entityAttributes: { 'urn:req': ['any'] },
    validUntil: Date.UTC(2027, 0),
  });
});

test('comments are skipped, and the text around them is one: nobody reads half a name', () => {
  const text = `<!-- ours -->${entity(`<md:NameIDFormat>urn:a<!-- -->:b</md:NameIDFormat>${acs}`)}<!-- end -->`;
  expect(record(text).nameIdFormats).toEqual(['urn:a:b']);
});

test('far too much of one entity is not read to its end', () => {
  const document = new MetadataDocument({
    keys: undefined,
    https: false,
    old: false,
    onProvider: () => {},
    onSkipped: () => {},
  });
  const [start = ''] = entity('').split('</');
  expect(() => document.write(`${start}${'<md:X/>'.repeat(6000)}`)).toThrow(/more than 5000 elements/);
});

describe('what is wrong is said so that it can be mended', () => {
  test.each([
    ['no XML', 'metadata', /^cannot be used: /],
    ['a page', '<html/>', /it is no SAML 2.0 metadata: its root is neither EntityDescriptor nor EntitiesDescriptor/],
    ['an aggregate', `<EntitiesDescriptor xmlns="${ns.metadata}"/>`, /declare it under federations/],
    [
      'an identity provider',
      `<EntityDescriptor xmlns="${ns.metadata}" entityID="urn:x"/>`,
      /no SPSSODescriptor for SAML 2.0/,
    ],
    ['SAML 1.1 only', entity(acs).replace(` ${ns.protocol}"`, '"'), /no SPSSODescriptor for SAML 2.0/],
    [
      'nowhere to answer',
      entity(''),
      /no AssertionConsumerService for HTTP-POST with an absolute http or https Location/,
    ],
    ['no name', entity(acs).replace(/entityID="[^"]*"/, ''), /entityID is missing/],
    ['no date', entity(acs, { root: 'validUntil="tomorrow"' }), /validUntil is no date and time/],
    ['a document type', `<!DOCTYPE x>${entity(acs)}`, /a document type is not read/],
    ['a processing instruction', `<?php ?>${entity(acs)}`, /a processing instruction is not read/],
    ['another encoding', `<?xml version="1.0" encoding="latin1"?>${entity(acs)}`, /only XML 1.0 in UTF-8/],
    ['far too much', entity(acs + '<md:X/>'.repeat(6000)), /more than 5000 elements/],
    ['far too deep', entity(acs + '<md:X>'.repeat(70) + '</md:X>'.repeat(70)), /too deep/],
  ])('%s', (_what, text, why) => {
    expect(wrong(text)).toEqual({ wrong: expect.stringMatching(why) });
  });

  test('somebody else than was declared', () => {
    const result = inspect(entity(acs), { old: false, entityId: 'https://wiki.example' });
    expect(result).toEqual({
      wrong: expect.stringMatching(/about https:\/\/pay\.example\/saml, and not about https:\/\/wiki/),
    });
    expect(inspect(entity(acs), { old: false, entityId: 'https://pay.example/saml' })).toEqual({
      entityId: 'https://pay.example/saml',
    });
  });
});
