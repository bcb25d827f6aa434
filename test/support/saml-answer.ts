/** What a Response says, read by eyes of its own after others have checked it. */
import { DOMParser } from '@xmldom/xmldom';
import { decrypt } from 'xml-encryption';
import * as xpath from 'xpath';
import { ns } from '../../src/protocols/saml/names.ts';

export interface Answer {
  /** The status codes without their common beginning, the outer one first: `['Responder', 'NoPassive']`. */
  readonly status: readonly string[];
  readonly message: string | undefined;
  readonly inResponseTo: string | undefined;
  /** Where the page sends it, and what it calls its Destination. */
  readonly consumer: string;
  readonly destination: string | undefined;
  readonly relayState: string | undefined;
  /** The Response as it came. */
  readonly xml: string;
  /** Of refusals, nothing below is there. */
  readonly assertion: string;
  readonly encrypted: boolean;
  readonly nameId: string;
  readonly format: string | undefined;
  readonly spNameQualifier: string | undefined;
  /** The AuthnContextClassRef. */
  readonly context: string;
  /** AuthnInstant, IssueInstant of the assertion, and SessionNotOnOrAfter. */
  readonly instant: Date;
  readonly issuedAt: Date;
  readonly sessionEnds: Date | undefined;
  readonly sessionIndex: string | undefined;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

const select = xpath.useNamespaces({ samlp: ns.protocol, saml: ns.assertion, xenc: ns.encryption });
type Document = Parameters<typeof select>[1];
const parsed = (xml: string) => new DOMParser().parseFromString(xml, 'text/xml') as unknown as Document;
const values = (path: string, at: Document): string[] =>
  (select(path, at) as { textContent?: string | null; value?: string }[]).map(
    (one) => one.value ?? one.textContent ?? '',
  );

const common = 'urn:oasis:names:tc:SAML:2.0:status:';

export function responseFacts(xml: string) {
  const response = parsed(xml);
  const [inResponseTo] = values('/samlp:Response/@InResponseTo', response);
  const [destination] = values('/samlp:Response/@Destination', response);
  const [message] = values('/samlp:Response/samlp:Status/samlp:StatusMessage', response);
  return {
    inResponseTo,
    destination,
    message,
    status: values('/samlp:Response/samlp:Status//samlp:StatusCode/@Value', response).map((one) =>
      one.replace(common, ''),
    ),
    encrypted: values('//saml:EncryptedAssertion', response).length > 0,
    signed: values("/samlp:Response/*[local-name()='Signature']", response).length === 1,
    /** Whatever tells of somebody. */
    assertions: values('//saml:Assertion | //saml:EncryptedAssertion', response).length,
  };
}

export function assertionFacts(xml: string) {
  const assertion = parsed(xml);
  const one = (path: string) => values(path, assertion)[0];
  const [statement, nameId] = ['/saml:Assertion/saml:AuthnStatement', '/saml:Assertion/saml:Subject/saml:NameID'];
  const ends = one(`${statement}/@SessionNotOnOrAfter`);
  const attributes: Record<string, string[]> = {};
  for (const name of values('//saml:Attribute/@Name', assertion))
    attributes[name] = values(`//saml:Attribute[@Name='${name}']/saml:AttributeValue`, assertion);
  return {
    nameId: one(nameId) ?? '',
    format: one(`${nameId}/@Format`),
    spNameQualifier: one(`${nameId}/@SPNameQualifier`),
    context: one(`${statement}/saml:AuthnContext/saml:AuthnContextClassRef`) ?? '',
    instant: new Date(one(`${statement}/@AuthnInstant`) ?? ''),
    issuedAt: new Date(one('/saml:Assertion/@IssueInstant') ?? ''),
    sessionEnds: ends ? new Date(ends) : undefined,
    sessionIndex: one(`${statement}/@SessionIndex`),
    attributes,
    recipients: values('//saml:SubjectConfirmationData/@Recipient', assertion),
    audiences: values('//saml:Audience', assertion),
  };
}

/** Whether the one assertion, alone or in a Response, carries a signature of its own. */
export const signedAssertion = (xml: string): boolean =>
  values("//saml:Assertion/*[local-name()='Signature']", parsed(xml)).length === 1;

/** The assertion of a Response, decrypted if it has to be; undefined for a refusal. */
export async function assertionIn(xml: string, key: string | undefined): Promise<string | undefined> {
  const [clear] = /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml) ?? [];
  if (clear || !xml.includes('EncryptedAssertion')) return clear;
  return new Promise((resolve, reject) =>
    decrypt(xml, { key: key as string, disallowDecryptionWithInsecureAlgorithm: true }, (error, result) =>
      error ? reject(error) : resolve(result),
    ),
  );
}

/** The keys and addresses of our own metadata, as a service provider reads them. */
export function providerFacts(xml: string) {
  const metadata = parsed(xml);
  const md = xpath.useNamespaces({ md: ns.metadata, ds: ns.signature });
  const found = (path: string) =>
    (md(path, metadata) as { textContent?: string; value?: string }[]).map((one) => one.value ?? one.textContent ?? '');
  const role = '/md:EntityDescriptor/md:IDPSSODescriptor';
  return {
    entityId: found('/md:EntityDescriptor/@entityID')[0] as string,
    signOn: (binding: string) => found(`${role}/md:SingleSignOnService[@Binding='${binding}']/@Location`)[0] as string,
    logout: (binding: string) => found(`${role}/md:SingleLogoutService[@Binding='${binding}']/@Location`)[0],
    certificates: found(`${role}/md:KeyDescriptor[not(@use) or @use='signing']//ds:X509Certificate`).map((one) =>
      one.replace(/\s/g, ''),
    ),
  };
}
