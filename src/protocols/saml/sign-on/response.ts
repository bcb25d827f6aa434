/**
 * What we say: Response and Assertion (saml-core-2.0-os sections 2.3 and 3.3.3, saml-profiles-2.0-os section 4.1.4.2),
 * born canonical and signed as they are made. Pure but for the ids and the keys it is handed.
 */
import type { Signer } from '../keys/keys.ts';
import type { NameId } from '../messages/envelope.ts';
import { type Status, success } from '../messages/status.ts';
import { nameIdElement, newId, statusElement, time } from '../messages/writing.ts';
import type { EncryptionKey } from '../providers/provider.ts';
import { attribute, type Canonical, xml } from '../xml/canonical.ts';
import { encrypted } from '../xml/encryption.ts';
import { signed } from '../xml/signature.ts';
import type { Attribute } from './release.ts';

/** What an assertion states. Times in milliseconds since the epoch. */
export interface Statement {
  readonly nameId: NameId;
  readonly audience: string;
  readonly contextClass: string;
  readonly authenticatedAt: number;
  readonly sessionIndex: string;
  /** When the service provider's session has to end with ours. */
  readonly sessionUntil: number;
  readonly attributes: readonly Attribute[];
}

export interface Answer {
  /** Our entityID. */
  readonly issuer: string;
  /** The AssertionConsumerService it goes to. */
  readonly destination: string;
  /** The ID of the request; absent when nobody asked. */
  readonly inResponseTo?: string;
  readonly now: number;
  readonly signer: Signer;
  readonly sign: 'response' | 'assertion' | 'both';
}

/** A message of ours lives so long, and may have been made so much before the reader's clock says. */
const LIFE_MS = 5 * 60_000;
const EARLY_MS = 60_000;

/** A signed answer that lets somebody in; the assertion encrypted when there is a key to encrypt to. */
export function successResponse(answer: Answer, statement: Statement, encryptTo?: EncryptionKey): Canonical {
  const assertion = assertionOf(answer, statement);
  return responseOf(
    answer,
    success,
    encryptTo ? encrypted(assertion, encryptTo) : assertion,
    answer.sign !== 'assertion',
  );
}

/** A refusal is always signed, or anybody could refuse in our name. */
export const refusalResponse = (answer: Answer, status: Status): Canonical =>
  responseOf(answer, status, undefined, true);

function responseOf(answer: Answer, status: Status, assertion: Canonical | undefined, sign: boolean): Canonical {
  const { issuer, destination, inResponseTo, now, signer } = answer;
  const id = newId();
  const message = {
    id,
    head: xml`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="${destination}" ID="${id}"${attribute('InResponseTo', inResponseTo)} IssueInstant="${time(now)}" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${issuer}</saml:Issuer>`,
    rest: xml`${statusElement(status)}${assertion}</samlp:Response>`,
  };
  return sign ? signed(message, signer) : xml`${message.head}${message.rest}`;
}

function assertionOf(answer: Answer, statement: Statement): Canonical {
  const { issuer, destination, inResponseTo, now, sign, signer } = answer;
  const { nameId, audience, contextClass, authenticatedAt, sessionIndex, sessionUntil, attributes } = statement;
  const id = newId();
  const until = time(now + LIFE_MS);
  const message = {
    id,
    head: xml`<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" IssueInstant="${time(now)}" Version="2.0"><saml:Issuer>${issuer}</saml:Issuer>`,
    rest: xml`<saml:Subject>${nameIdElement(nameId)}<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData${attribute('InResponseTo', inResponseTo)} NotOnOrAfter="${until}" Recipient="${destination}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${time(now - EARLY_MS)}" NotOnOrAfter="${until}"><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${time(authenticatedAt)}" SessionIndex="${sessionIndex}" SessionNotOnOrAfter="${time(sessionUntil)}"><saml:AuthnContext><saml:AuthnContextClassRef>${contextClass}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>${attributeStatement(attributes)}</saml:Assertion>`,
  };
  return sign === 'response' ? xml`${message.head}${message.rest}` : signed(message, signer);
}

/** None when there is nothing to say: an empty statement is not valid. */
function attributeStatement(attributes: readonly Attribute[]): Canonical | undefined {
  if (attributes.length === 0) return undefined;
  const elements = attributes.map(
    ({ name, nameFormat, friendlyName, values }) =>
      xml`<saml:Attribute${attribute('FriendlyName', friendlyName)} Name="${name}" NameFormat="${nameFormat}">${values.map((value) => xml`<saml:AttributeValue>${value}</saml:AttributeValue>`)}</saml:Attribute>`,
  );
  return xml`<saml:AttributeStatement>${elements}</saml:AttributeStatement>`;
}
