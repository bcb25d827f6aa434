/** A Response as xml-crypto's documents have it made: a string, parsed and canonicalized for each signature. */
import { createPrivateKey, randomBytes } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { acs, entityId } from './party.ts';

const c14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';

export const escaped = (text: string): string => text.replace(/[<>&'"]/g, (one) => `&#${one.charCodeAt(0)};`);
export const newId = (): string => `_${randomBytes(20).toString('hex')}`;
export const time = (seconds = 0): string => new Date(Date.now() + seconds * 1000).toISOString();

export interface Session {
  readonly id: string;
  readonly user: { readonly id: string; readonly name: string; readonly email: string };
  readonly at: string;
}

/** Makes answers by `issuer` for a session; `key` and `certificate` in PEM. */
export function byXmlCrypto(issuer: string, key: string, certificate: string) {
  // Held ready: a PEM text each time would make each signature three times as dear.
  const privateKey = createPrivateKey(key);
  const signed = (xml: string, element: string): string => {
    const signature = new SignedXml({
      privateKey,
      publicCert: certificate,
      signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      canonicalizationAlgorithm: c14n,
    });
    signature.addReference({
      xpath: `/*[local-name(.)='${element}']`,
      transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', c14n],
      digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    });
    const reference = `/*[local-name(.)='${element}']/*[local-name(.)='Issuer']`;
    signature.computeSignature(xml, { prefix: 'ds', location: { reference, action: 'after' } });
    return signature.getSignedXml();
  };
  return (session: Session, inResponseTo: string, sign: 'response' | 'both'): string => {
    const assertion = assertionFor(session, issuer, inResponseTo);
    const inner = sign === 'both' ? signed(assertion, 'Assertion') : assertion;
    return signed(responseWith(inner, issuer, inResponseTo), 'Response');
  };
}

function assertionFor({ id, user, at }: Session, issuer: string, inResponseTo: string): string {
  const attributes = Object.entries({ uid: user.id, displayName: user.name, mail: user.email }).map(
    ([name, value]) =>
      `<saml:Attribute Name="${name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue>${escaped(value)}</saml:AttributeValue></saml:Attribute>`,
  );
  return `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${newId()}" Version="2.0" IssueInstant="${time()}"><saml:Issuer>${issuer}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${user.id}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="${escaped(inResponseTo)}" NotOnOrAfter="${time(300)}" Recipient="${acs}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${time(-60)}" NotOnOrAfter="${time(300)}"><saml:AudienceRestriction><saml:Audience>${entityId}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${at}" SessionIndex="${id}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement></saml:Assertion>`;
}

const responseWith = (assertion: string, issuer: string, inResponseTo: string) =>
  `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${newId()}" Version="2.0" IssueInstant="${time()}" Destination="${acs}" InResponseTo="${escaped(inResponseTo)}"><saml:Issuer>${issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>${assertion}</samlp:Response>`;
