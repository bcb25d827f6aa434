import { hash } from 'node:crypto';
import type { Signer } from '../keys/keys.ts';
import { algorithm, ns } from '../names.ts';
import { attribute, type Canonical, xml } from './canonical.ts';

/** An element to be signed: `head` from its start tag to where the signature goes, `rest` to its end tag. */
export interface Unsigned {
  /** The value of its ID attribute. */
  readonly id: string;
  readonly head: Canonical;
  readonly rest: Canonical;
}

/**
 * The element with an enveloped signature over it (xmldsig-core, saml-core-2.0-os section 5.4). Born in exclusive
 * canonical form, it is what would be hashed already: one digest, one operation with the private key, no parser. That
 * holds only for an element that declares all the namespaces it uses itself.
 */
export function signed({ id, head, rest }: Unsigned, signer: Signer): Canonical {
  const [digest, digestMethod] = signer.method === algorithm.rsaSha1 ? sha1 : sha256;
  const value = hash(digest, `${head}${rest}`, 'base64');
  // In the document the prefix is declared around it; canonicalized alone it declares the prefix itself.
  const info = xml`<ds:CanonicalizationMethod Algorithm="${algorithm.exclusiveC14n}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="${signer.method}"></ds:SignatureMethod><ds:Reference URI="${`#${id}`}"><ds:Transforms><ds:Transform Algorithm="${algorithm.enveloped}"></ds:Transform><ds:Transform Algorithm="${algorithm.exclusiveC14n}"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="${digestMethod}"></ds:DigestMethod><ds:DigestValue>${value}</ds:DigestValue></ds:Reference></ds:SignedInfo>`;
  const signature = signer.sign(`<ds:SignedInfo xmlns:ds="${ns.signature}">${info}`);
  return xml`${head}<ds:Signature xmlns:ds="${ns.signature}"><ds:SignedInfo>${info}<ds:SignatureValue>${signature}</ds:SignatureValue>${keyInfo(signer.certificate)}</ds:Signature>${rest}`;
}

const sha1 = ['sha1', algorithm.sha1] as const;
const sha256 = ['sha256', algorithm.sha256] as const;

const declared = attribute('xmlns:ds', ns.signature);

/** `alone` where no element around it declares the prefix. */
export const keyInfo = (certificate: string, alone = false): Canonical =>
  xml`<ds:KeyInfo${alone ? declared : undefined}><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;

/** A deflated message in base64, and what goes along with it. */
export type RedirectMessage = ({ readonly SAMLRequest: string } | { readonly SAMLResponse: string }) & {
  readonly RelayState?: string | undefined;
};

/**
 * The signed query of the HTTP-Redirect binding (saml-bindings-2.0-os section 3.4.4.1): message, RelayState where there is
 * one, SigAlg, in this order, and a signature over these very octets.
 */
export function signedQuery(message: RedirectMessage, signer: Signer): string {
  const [name, value] =
    'SAMLRequest' in message ? ['SAMLRequest', message.SAMLRequest] : ['SAMLResponse', message.SAMLResponse];
  const parts = [
    [name, value],
    ['RelayState', message.RelayState],
    ['SigAlg', signer.method],
  ] as const;
  const octets = parts
    .flatMap(([key, part]) => (part === undefined ? [] : [`${key}=${encodeURIComponent(part)}`]))
    .join('&');
  return `${octets}&Signature=${encodeURIComponent(signer.sign(octets))}`;
}
