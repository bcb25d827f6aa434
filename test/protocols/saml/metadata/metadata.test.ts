import { X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DOMParser } from '@xmldom/xmldom';
import express from 'express';
import * as samlify from 'samlify';
import { ExclusiveCanonicalization } from 'xml-crypto';
import { assuranceOf } from '../../../../src/authentication/assurance.ts';
import { samlPages } from '../../../../src/composition/saml-pages.ts';
import type { Method } from '../../../../src/domain/method.ts';
import { Keyring } from '../../../../src/protocols/saml/keys/keys.ts';
import type { Entity } from '../../../../src/protocols/saml/metadata/metadata.ts';
import { Publication } from '../../../../src/protocols/saml/metadata/publication.ts';
import { metadataRoutes } from '../../../../src/protocols/saml/metadata/routes.ts';
import { entityAttribute, ns } from '../../../../src/protocols/saml/names.ts';
import { childOf, childrenOf, type XmlElement } from '../../../../src/protocols/saml/xml/element.ts';
import { readXml, verifiedXml } from '../../../../src/protocols/saml/xml/reading.ts';
import { byForce, keptKeys, quietly } from '../../../support/kept-keys.ts';
import { schemaErrors } from '../../../support/schemas.ts';
import { xmlsecVerifies } from '../../../support/xmlsec.ts';
import { strictViews } from '../../../web/pages.ts';

const DAY = 86_400_000;
const issuer = 'https://id.example.com';
const bare: Entity = {
  entityId: `${issuer}/saml/metadata`,
  displayName: { en: 'Stile' },
  description: {},
  logo: undefined,
  informationUrl: {},
  privacyUrl: {},
  errorUrl: undefined,
  scope: 'id.example.com',
  organization: undefined,
  contacts: [],
  assuranceCertification: [],
  entityCategorySupport: [],
  metadataValid: 14 * 86_400,
};
const full: Entity = {
  ...bare,
  entityId: 'urn:example:"northfold" & <daughters>',
  displayName: { en: 'Northfold & Co', 'pt-BR': 'Encosta "Norte"' },
  description: { en: 'Sign-in <for> everybody' },
  logo: { url: 'https://northfold.example/logo.svg?a=1&b=2', width: 80, height: 60 },
  informationUrl: { en: 'https://northfold.example/about' },
  privacyUrl: { en: 'https://northfold.example/privacy' },
  errorUrl: 'https://northfold.example/help?from=saml&to=us',
  scope: 'northfold.example',
  organization: {
    name: { en: 'Northfold' },
    displayName: { en: 'Northfold', de: 'Nordfalte' },
    url: { en: 'https://northfold.example' },
  },
  contacts: [
    { type: 'technical', name: 'Tom Okafor', email: 'tom@northfold.example' },
    { type: 'security', email: 'security@northfold.example' },
  ],
  assuranceCertification: ['https://refeds.org/sirtfi', 'https://refeds.org/sirtfi2'],
  entityCategorySupport: ['http://refeds.org/category/research-and-scholarship'],
};

let at: number;
let keys: Keyring;
beforeEach(async () => {
  at = Date.UTC(2026, 10, 22, 9);
  keys = await Keyring.open({
    ...{ ...quietly, store: keptKeys(), issuer, metadataValid: 0, keyOverlap: 86_400, now: () => at },
  });
});
afterEach(() => keys.stop());

const document = (entity: Entity) => String(new Publication({ issuer, entity, keys }).at(at).bytes);
const role = (root: XmlElement) => childOf(root, ns.metadata, 'IDPSSODescriptor') as XmlElement;
const texts = (element: XmlElement | undefined, name: string): string[] =>
  (element?.children ?? []).flatMap((child) => [...(child.name === name ? [child.text] : []), ...texts(child, name)]);

describe.each([
  ['with nothing said', bare],
  ['with everything said, awkwardly', full],
])('our metadata, %s', (_how, entity) => {
  test('is signed by the current RSA key, and holds before a stranger', () => {
    const text = document(entity);
    const [first] = keys.published();
    const key = new X509Certificate(Buffer.from(first?.certificate as string, 'base64')).publicKey;
    expect(verifiedXml(text, readXml(text), [key], false).attributes.entityID).toBe(entity.entityId);
  });

  test('is valid by the schemas, and xmlsec1 accepts its signature', async () => {
    const text = document(entity);
    expect(schemaErrors(text)).toEqual([]);
    const pem = new X509Certificate(Buffer.from(keys.published()[0]?.certificate as string, 'base64')).toString();
    expect(await xmlsecVerifies(text, pem, 'md:EntityDescriptor')).toBe(true);
  });

  test('is born canonical: a canonicalizer changes no byte of it', () => {
    const text = document(entity);
    const node = new DOMParser().parseFromString(text, 'text/xml').documentElement;
    expect(new ExclusiveCanonicalization().process(node, {})).toBe(text);
  });

  test('names the addresses, by both bindings, and wants no signed requests', () => {
    const idp = role(readXml(document(entity)));
    const at = (name: string) =>
      childrenOf(idp, ns.metadata, name).map(
        ({ attributes }) => `${attributes.Binding?.split(':').at(-1)} ${attributes.Location}`,
      );
    expect(at('SingleSignOnService')).toEqual([`HTTP-Redirect ${issuer}/saml/sso`, `HTTP-POST ${issuer}/saml/sso`]);
    expect(at('SingleLogoutService')).toEqual([`HTTP-Redirect ${issuer}/saml/slo`, `HTTP-POST ${issuer}/saml/slo`]);
    expect(idp.attributes.WantAuthnRequestsSigned).toBe('false');
    expect(idp.attributes.errorURL).toBe(entity.errorUrl);
  });

  test('is read by samlify as we mean it', () => {
    const { entityMeta } = samlify.IdentityProvider({ metadata: document(entity) });
    expect(entityMeta.getSingleSignOnService('redirect')).toBe(`${issuer}/saml/sso`);
    expect(entityMeta.getX509Certificate('signing')).toEqual(keys.published().map(({ certificate }) => certificate));
    expect(entityMeta.getNameIDFormat()).toHaveLength(4);
  });
});

test('every published certificate stands in it for signing, the current ones first', async () => {
  at += DAY;
  await keys.rotate(byForce);
  const idp = role(readXml(document(bare)));
  const all = childrenOf(idp, ns.metadata, 'KeyDescriptor');
  expect(all.map(({ attributes }) => attributes.use)).toEqual(Array(6).fill('signing'));
  expect(all.flatMap((one) => texts(one, 'X509Certificate'))).toEqual(
    keys.published().map(({ certificate }) => certificate),
  );
  expect(keys.published()[0]?.state).toBe('current');
});

test('what the organisation says of itself stands in it, in its languages', () => {
  const root = readXml(document(full));
  expect(texts(root, 'DisplayName')).toEqual(['Northfold & Co', 'Encosta "Norte"']);
  expect(texts(root, 'Scope')).toEqual(['northfold.example']);
  expect(texts(root, 'Logo')).toEqual([full.logo?.url]);
  expect(texts(root, 'OrganizationDisplayName')).toEqual(['Northfold', 'Nordfalte']);
  expect(texts(root, 'EmailAddress')).toEqual(['mailto:tom@northfold.example', 'mailto:security@northfold.example']);
  const contacts = childrenOf(root, ns.metadata, 'ContactPerson').map(({ attributes }) => attributes);
  expect(contacts).toEqual([
    { contactType: 'technical' },
    { contactType: 'other', [`{${ns.refeds}}contactType`]: entityAttribute.securityContact },
  ]);
  expect(texts(childOf(root, ns.metadata, 'Extensions'), 'AttributeValue')).toEqual([
    ...full.assuranceCertification,
    ...full.entityCategorySupport,
  ]);
});

test('nothing stands in it that was not said', () => {
  const root = readXml(document(bare));
  expect(root.children.map(({ name }) => name)).toEqual(['Signature', 'IDPSSODescriptor']);
  expect(texts(root, 'DisplayName')).toEqual(['Stile']);
  for (const name of ['Description', 'Logo', 'InformationURL', 'PrivacyStatementURL'])
    expect(texts(root, name)).toEqual([]);
});

describe('as time goes by', () => {
  const until = (text: string) => Date.parse(readXml(text).attributes.validUntil as string);

  test('it stays the same bytes for half of its validity, on every node, and never has less than half before it', () => {
    const [here, there] = [
      new Publication({ issuer, entity: bare, keys }),
      new Publication({ issuer, entity: bare, keys }),
    ];
    const first = here.at(at);
    expect(here.at(at)).toBe(first);
    at += 1;
    expect(there.at(at)).toEqual(first);
    for (const day of Array.from({ length: 30 }, (_, n) => n * DAY)) {
      const left = until(String(here.at(at + day).bytes)) - (at + day);
      expect(left).toBeGreaterThanOrEqual(7 * DAY);
      expect(left).toBeLessThanOrEqual(14 * DAY);
    }
    const later = here.at(at + 7 * DAY);
    expect(later.etag).not.toBe(first.etag);
    expect(readXml(String(later.bytes)).attributes.ID).not.toBe(readXml(String(first.bytes)).attributes.ID);
  });

  test('it is made anew at once when the keys change', async () => {
    const publication = new Publication({ issuer, entity: bare, keys });
    const first = publication.at(at);
    await keys.rotate(byForce);
    const next = publication.at(at);
    expect(next.etag).not.toBe(first.etag);
    expect(String(next.bytes)).toContain(keys.published()[2]?.certificate as string);
  });
});

const withTwoFactors = { worth: ['password', 'totp'] } as unknown as Method;

describe('its addresses', () => {
  let server: Server;
  let base: string;
  beforeEach(async () => {
    const app = express().disable('etag');
    const assurance = assuranceOf({ 'https://refeds.org/profile/mfa': 'mfa', phr: 'phr' }, [withTwoFactors]);
    metadataRoutes(app, { issuer, entity: bare, keys, assurance, pages: samlPages(strictViews), now: () => at });
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test('GET /saml/metadata has the type of metadata and an ETag by which nothing is sent twice', async () => {
    const first = await fetch(`${base}/saml/metadata`);
    expect(first.headers.get('content-type')).toBe('application/samlmetadata+xml');
    expect(first.headers.get('content-security-policy')).toContain('sandbox');
    expect(await first.text()).toBe(document(bare));
    const etag = first.headers.get('etag') as string;
    const again = await fetch(`${base}/saml/metadata`, {
      headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' },
    });
    expect(again.status).toBe(304);
    at += 14 * DAY;
    const later = await fetch(`${base}/saml/metadata`, {
      headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' },
    });
    expect(later.status).toBe(200);
  });

  test('GET /saml shows all that is copied from it, to anybody, and nothing that is not public', async () => {
    const page = await fetch(`${base}/saml`);
    const text = await page.text();
    expect(page.status).toBe(200);
    for (const { certificate, fingerprint256, fingerprint1 } of keys.published()) {
      for (const value of [fingerprint256, fingerprint1, certificate.slice(0, 64)]) expect(text).toContain(value);
    }
    for (const value of [bare.entityId, `${issuer}/saml/sso`, `${issuer}/saml/slo`, 'https://refeds.org/profile/mfa'])
      expect(text).toContain(`>${value}<`);
    // No method here gives it, so nobody may hope for it.
    expect(text).not.toContain('>phr<');
    expect(text).not.toContain('PRIVATE KEY');
    expect(text).not.toContain('<form');
  });

  test('GET /saml/certificate.pem gives the certificate of a fingerprint on the page, and no other', async () => {
    const [, href = ''] =
      /href="(\/saml\/certificate\.pem[^"]+)"/.exec(await (await fetch(`${base}/saml`)).text()) ?? [];
    const answer = await fetch(base + href);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="id.example.com-RS256.pem"');
    const read = new X509Certificate(await answer.text());
    expect(read.fingerprint256).toBe(keys.published()[0]?.fingerprint256);
    for (const query of ['', '?key=', '?key=AB', '?key[]=x']) {
      expect((await fetch(`${base}/saml/certificate.pem${query}`)).status).not.toBe(200);
    }
  });
});
