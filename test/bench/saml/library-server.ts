/**
 * What most people would write: single sign-on by HTTP-Redirect on express, its session in Redis, the request read by
 * xmldom, the answer a string that xml-crypto signs twice. The same checks as Stile's, no policy, no record, no consent.
 */
import { inflateRawSync } from 'node:zlib';
import { DOMParser } from '@xmldom/xmldom';
import express from 'express';
import { Redis } from 'ioredis';
import { byXmlCrypto, escaped, newId, type Session, time } from './library.ts';
import { acs, entityId } from './party.ts';

const { PORT = '', REDIS_URL = '', CERTIFICATE = '', KEY = '' } = process.env;
const redis = new Redis(REDIS_URL);
const origin = `http://localhost:${PORT}`;
const answer = byXmlCrypto(`${origin}/metadata`, KEY, CERTIFICATE);

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
  const response = Buffer.from(answer(JSON.parse(text), inResponseTo, 'both')).toString('base64');
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

app.listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
