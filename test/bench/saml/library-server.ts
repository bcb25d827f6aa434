/**
 * What most people would write: single sign-on by HTTP-Redirect on express, its session in Redis, the request read by
 * xmldom, the answer a string that xml-crypto signs twice. The same checks as Stile's, no policy, no record, no consent.
 */
import { createPrivateKey, randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { DOMParser } from '@xmldom/xmldom';
import express from 'express';
import { Redis } from 'ioredis';
import { SignedXml } from 'xml-crypto';
import { acs, entityId } from './party.ts';

const { PORT = '', REDIS_URL = '', CERTIFICATE = '', KEY = '' } = process.env;
const redis = new Redis(REDIS_URL);
// Held ready: a PEM text each time would make each signature three times as dear.
const privateKey = createPrivateKey(KEY);
const origin = `http://localhost:${PORT}`;
const issuer = `${origin}/metadata`;
const c14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';

const escaped = (text: string) => text.replace(/[<>&'"]/g, (one) => `&#${one.charCodeAt(0)};`);
const newId = () => `_${randomBytes(20).toString('hex')}`;
const time = (seconds = 0) => new Date(Date.now() + seconds * 1000).toISOString();

interface Session {
  readonly id: string;
  readonly user: { readonly id: string; readonly name: string; readonly email: string };
  readonly at: string;
}

const app = express();
app.disable('x-powered-by');

app.get('/sign-in', async (_req, res) => {
  const id = newId();
  const session: Session = { id, user: { id: 'mei', name: 'Mei', email: 'mei@northfold.example' }, at: time() };
  await redis.set(`session:${id}`, JSON.stringify(session), 'EX', 3600);
  res.cookie('session', id, { httpOnly: true, sameSite: 'lax' }).end();
});

app.get('/sso', async (req, res) => {
  const { SAMLRequest = '', RelayState = '' } = req.query as Record<string, string>;
  const inResponseTo = read(SAMLRequest);
  const id = /(?:^|; )session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1];
  const text = id && (await redis.get(`session:${id}`));
  if (!text) return void res.status(401).end();
  if (!(await redis.set(`request:${inResponseTo}`, '1', 'EX', 900, 'NX'))) return void res.status(400).end();
  const assertion = signed(assertionFor(JSON.parse(text), inResponseTo), 'Assertion');
  const response = Buffer.from(signed(responseWith(assertion, inResponseTo), 'Response')).toString('base64');
  res.type('html').send(`<!doctype html><title>Signing in</title><body onload="document.forms[0].submit()">
<form method="post" action="${escaped(acs)}"><input type="hidden" name="SAMLResponse" value="${response}">
<input type="hidden" name="RelayState" value="${escaped(RelayState)}"><button>Continue</button></form>`);
});

/** The ID of a request that may be answered. */
function read(message: string): string {
  const xml = inflateRawSync(Buffer.from(message, 'base64'), { maxOutputLength: 65_536 }).toString();
  if (/<!DOCTYPE|<!ENTITY/.test(xml)) throw new Error('a document type is not read');
  const stop = (why: string) => {
    throw new Error(why);
  };
  const errorHandler = { warning: stop, error: stop, fatalError: stop };
  const root = new DOMParser({ errorHandler }).parseFromString(xml, 'text/xml').documentElement;
  const issued = Date.parse(root.getAttribute('IssueInstant') ?? '');
  const from = root.getElementsByTagNameNS('urn:oasis:names:tc:SAML:2.0:assertion', 'Issuer')[0]?.textContent;
  if (root.localName !== 'AuthnRequest' || from !== entityId) stop('nobody we know');
  if (root.getAttribute('Destination') !== `${origin}/sso`) stop('not for us');
  if (root.getAttribute('AssertionConsumerServiceURL') !== acs) stop('not to its address');
  if (!(Math.abs(Date.now() - issued) < 300_000)) stop('not of now');
  return root.getAttribute('ID') ?? stop('without an ID');
}

function signed(xml: string, element: string): string {
  const signature = new SignedXml({
    privateKey,
    publicCert: CERTIFICATE,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: c14n,
    getKeyInfoContent: SignedXml.getKeyInfoContent,
  });
  signature.addReference({
    xpath: `/*[local-name(.)='${element}']`,
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', c14n],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
  });
  const reference = `/*[local-name(.)='${element}']/*[local-name(.)='Issuer']`;
  signature.computeSignature(xml, { prefix: 'ds', location: { reference, action: 'after' } });
  return signature.getSignedXml();
}

function assertionFor({ id, user, at }: Session, inResponseTo: string): string {
  const attributes = Object.entries({ uid: user.id, displayName: user.name, mail: user.email }).map(
    ([name, value]) =>
      `<saml:Attribute Name="${name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue>${escaped(value)}</saml:AttributeValue></saml:Attribute>`,
  );
  return `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${newId()}" Version="2.0" IssueInstant="${time()}"><saml:Issuer>${issuer}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${user.id}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="${escaped(inResponseTo)}" NotOnOrAfter="${time(300)}" Recipient="${acs}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${time(-60)}" NotOnOrAfter="${time(300)}"><saml:AudienceRestriction><saml:Audience>${entityId}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${at}" SessionIndex="${id}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement></saml:Assertion>`;
}

const responseWith = (assertion: string, inResponseTo: string) =>
  `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${newId()}" Version="2.0" IssueInstant="${time()}" Destination="${acs}" InResponseTo="${escaped(inResponseTo)}"><saml:Issuer>${issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>${assertion}</samlp:Response>`;

app.listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
