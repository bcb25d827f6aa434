/** The service provider of the bench, and how its requests and the answers to them are made and read. */
import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { SAML } from '@node-saml/node-saml';

export const entityId = 'https://sp.example/metadata';
export const acs = 'https://sp.example/acs';
const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const post = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';

/** No keys: it neither signs nor decrypts, so that every server does the same. */
export const metadata = (): string =>
  `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}"><md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true"><md:NameIDFormat>${persistent}</md:NameIDFormat><md:AssertionConsumerService Binding="${post}" Location="${acs}" index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>`;

/** Who asks, and where the answer goes. */
export interface Party {
  readonly entityId: string;
  readonly acs: string;
  /** Persistent, when absent. */
  readonly format?: string;
}

/** An AuthnRequest nobody has seen before, for HTTP-Redirect: the query, without a signature. */
export function request(destination: string, party: Party = { entityId, acs }): string {
  const message = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomBytes(16).toString('hex')}" Version="2.0" IssueInstant="${new Date().toISOString().replace(/\.\d+/, '')}" Destination="${destination}" ProtocolBinding="${post}" AssertionConsumerServiceURL="${party.acs}"><saml:Issuer>${party.entityId}</saml:Issuer><samlp:NameIDPolicy Format="${party.format ?? persistent}" AllowCreate="true"/></samlp:AuthnRequest>`;
  // The least effort: the one who measures shares the processor with whoever is measured.
  const deflated = deflateRawSync(message, { level: 1 }).toString('base64');
  return `SAMLRequest=${encodeURIComponent(deflated)}&RelayState=state-of-the-visit`;
}

/** The message in the page that carries it to the service provider; undefined when there is none. */
export function answerIn(page: string): string | undefined {
  const input = /<input[^>]*name="SAMLResponse"[^>]*>/.exec(page)?.[0];
  const value = /value="([^"]+)"/.exec(input ?? '')?.[1];
  return value?.replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** What every server has to have sent: a success, Response and assertion signed with RSA and SHA-256, 2048 bits. Throws otherwise. */
export async function check(answer: string, certificate: string, issuer: string): Promise<void> {
  const saml = new SAML({
    callbackUrl: acs,
    issuer: entityId,
    audience: entityId,
    idpCert: certificate,
    idpIssuer: issuer,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
  });
  const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: answer });
  if (!profile?.nameID) throw new Error('the assertion names nobody');
  const xml = Buffer.from(answer, 'base64').toString();
  const methods = [...xml.matchAll(/SignatureMethod Algorithm="([^"]+)"/g)].map(([, method]) => method);
  const wanted = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
  if (methods.join(' ') !== `${wanted} ${wanted}`) throw new Error(`not two RSA signatures: ${methods.join(' ')}`);
  for (const value of xml.matchAll(/<(?:\w+:)?SignatureValue>([^<]+)</g)) {
    if (Buffer.from(value[1] as string, 'base64').length !== 256) throw new Error('not RSA of 2048 bits');
  }
}

/** The AuthnInstant of an answer: it stays as long as a session answers and nobody signs in again. */
export const authenticatedAt = (answer: string): string | undefined =>
  /AuthnInstant="([^"]+)"/.exec(Buffer.from(answer, 'base64').toString())?.[1];
