/** P3: what a Response costs to build and sign, and to encrypt, as multiples of one RSA signature. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { promisify } from 'node:util';
import { encrypt } from 'xml-encryption';
import { Keyring } from '../../../src/protocols/saml/keys/keys.ts';
import { nameFormat, nameIdFormat } from '../../../src/protocols/saml/names.ts';
import { type Answer, type Statement, successResponse } from '../../../src/protocols/saml/sign-on/response.ts';
import { xml } from '../../../src/protocols/saml/xml/canonical.ts';
import { encrypted } from '../../../src/protocols/saml/xml/encryption.ts';
import { keptKeys, quietly } from '../../support/kept-keys.ts';
import { multiples } from '../cost.ts';
import { type Results, result } from '../result.ts';
import { certified } from './certificate.ts';
import { byXmlCrypto, type Session } from './library.ts';
import { acs, entityId } from './party.ts';

const issuer = 'https://idp.example/saml/metadata';
const inResponseTo = `_${'a'.repeat(32)}`;
const basic = nameFormat.basic;

const statement: Statement = {
  nameId: { value: 'mei', format: nameIdFormat.persistent },
  audience: entityId,
  contextClass: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
  authenticatedAt: Date.now(),
  sessionIndex: 'an index of a session',
  sessionUntil: Date.now() + 3_600_000,
  attributes: [
    { name: 'uid', nameFormat: basic, values: ['mei'] },
    { name: 'displayName', nameFormat: basic, values: ['Mei'] },
    { name: 'mail', nameFormat: basic, values: ['mei@northfold.example'] },
  ],
};
const session: Session = {
  id: 'an index of a session',
  user: { id: 'mei', name: 'Mei', email: 'mei@northfold.example' },
  at: new Date().toISOString(),
};

export async function responses(): Promise<Results> {
  const ring = await Keyring.open({
    ...{ ...quietly, store: keptKeys(), issuer: 'https://idp.example', metadataValid: 0, keyOverlap: 0, now: Date.now },
  });
  const signer = ring.signer('rsa-sha256');
  const answer = (sign: Answer['sign']) => ({ issuer, destination: acs, inResponseTo, now: Date.now(), signer, sign });
  const { key, certificate } = certified('xml-crypto');
  const library = byXmlCrypto(issuer, key, certificate);
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const to = { key: publicKey, methods: [] };
  const assertion = xml`<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${'a'.repeat(5000)}</saml:Assertion>`;
  const encryptByLibrary = promisify(encrypt);
  const recipient = {
    rsa_pub: createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string,
    pem: certificate,
    encryptionAlgorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
    keyEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
  } as const;
  const seen = await multiples({
    one: () => String(successResponse(answer('response'), statement)),
    two: () => String(successResponse(answer('both'), statement)),
    sealed: () => String(successResponse(answer('both'), statement, to)),
    libraryOne: () => library(session, inResponseTo, 'response'),
    libraryTwo: () => library(session, inResponseTo, 'both'),
    encryption: () => String(encrypted(assertion, to)),
    libraryEncryption: () => encryptByLibrary(String(assertion), recipient),
  });
  ring.stop();
  const each = (values: readonly number[], signatures: number) => values.map((value) => value / signatures);
  const unit = 'x RSA';
  return {
    'P3.one': result(seen.one, { goal: 1.25, unit, note: 'a Response built and signed' }),
    'P3.two': result(each(seen.two, 2), { goal: 1.25, unit, note: 'with its assertion signed too, per signature' }),
    'P3.xml-crypto.one': result(seen.libraryOne, { unit, note: 'the same by xml-crypto' }),
    'P3.xml-crypto.two': result(each(seen.libraryTwo, 2), { unit, note: 'the same by xml-crypto, per signature' }),
    'P3.encrypted': result(seen.sealed, { unit, note: 'two signatures and encryption, together' }),
    'P3.encryption': result(seen.encryption, { unit, note: 'AES-256-GCM and RSA-OAEP of 5 kB alone' }),
    'P3.xml-encryption': result(seen.libraryEncryption, { unit, note: 'the same by xml-encryption' }),
  };
}
