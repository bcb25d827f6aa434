/**
 * Forged requests, made from signed ones: the eight shapes of signature wrapping (SAML Raider's XSW1 to XSW8, of Responses there,
 * of the requests we are sent here), and the tricks on parsers that came after them.
 */
import { createHmac } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { algorithm, ns } from '../../src/protocols/saml/names.ts';
import { type Pair, pair } from '../support/saml-keys.ts';
import { authnRequest, logoutRequest, signedXml } from '../support/saml-messages.ts';

export const honest = pair('honest');
export const attacker = pair('attacker');

/** A signed request and its parts. */
export interface Signed {
  readonly name: string;
  readonly id: string;
  readonly xml: string;
  readonly signature: string;
  /** Without its signature. */
  readonly bare: string;
  /** The same, of somebody else's wishes. */
  readonly evil: string;
}

const parts = (name: string, bare: string, evil: string): Signed => {
  const xml = signedXml(bare, { pair: honest });
  const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(xml)?.[0] as string;
  return { name, id: '_honest', xml, signature, bare: xml.replace(signature, ''), evil };
};

const asking = { id: '_honest', issuer: 'https://sp.example/sp', destination: 'https://idp.example/saml/sso' };
const leaving = { ...asking, nameId: 'ana@northfold.example', sessionIndexes: ['_s1'] };
export const signedRequests: readonly Signed[] = [
  parts(
    'AuthnRequest',
    authnRequest({ ...asking, consumer: 'https://sp.example/acs' }),
    authnRequest({ ...asking, id: '_evil', consumer: 'https://evil.example/acs', force: true }),
  ),
  parts(
    'LogoutRequest',
    logoutRequest(leaving),
    logoutRequest({ ...leaving, id: '_evil', nameId: 'mei@northfold.example' }),
  ),
];

/** With something before its root's end, behind its Issuer, or before everything in it. */
const last = (xml: string, more: string) => xml.replace(/<\/samlp:\w+>$/, (end) => more + end);
const behindIssuer = (xml: string, more: string) => xml.replace('</saml:Issuer>', (end) => end + more);
const first = (xml: string, more: string) => xml.replace(/^<[^>]*>/, (start) => start + more);
const inSignature = (signature: string, more: string) => signature.replace(/<\/ds:Signature>$/, (end) => more + end);
const extensions = (inner: string) => `<samlp:Extensions>${inner}</samlp:Extensions>`;
const object = (inner: string) => `<ds:Object>${inner}</ds:Object>`;

/** By shape; each is tried with an ID of its own, with the ID of the signed one, and with none. */
export const wrappings: Readonly<Record<string, (signed: Signed) => string>> = {
  'XSW1: the original, stripped, inside the Signature of the evil one': ({ evil, signature, bare }) =>
    behindIssuer(evil, inSignature(signature, bare)),
  'XSW2: the original, stripped, before the detached Signature': ({ evil, signature, bare }) =>
    behindIssuer(evil, bare + signature),
  'XSW3: the evil one around the signed one, which comes first': ({ evil, xml }) => first(evil, xml),
  'XSW4: the evil one around the signed one, which comes last': ({ evil, xml }) => last(evil, xml),
  'XSW5: the evil one keeps the Signature, the original, stripped, comes last': ({ evil, signature, bare }) =>
    last(behindIssuer(evil, signature), bare),
  'XSW6: the original, stripped, in the KeyInfo of the Signature': ({ evil, signature, bare }) =>
    behindIssuer(
      evil,
      signature.replace('</ds:KeyInfo>', (end) => bare + end),
    ),
  'XSW7: the original, stripped, in Extensions': ({ evil, signature, bare }) =>
    behindIssuer(evil, signature + extensions(bare)),
  'XSW7: the signed one whole in Extensions': ({ evil, xml }) => behindIssuer(evil, extensions(xml)),
  'XSW8: the original, stripped, in an Object of the Signature': ({ evil, signature, bare }) =>
    behindIssuer(evil, inSignature(signature, object(bare))),
  'XSW8: the signed one whole in an Object of a second Signature': ({ evil, signature, xml }) =>
    behindIssuer(evil, inSignature(signature, object(xml))),
  'the Signature behind everything': ({ evil, signature }) => last(evil, signature),
  'the Signature of the Issuer': ({ evil, signature }) => evil.replace('</saml:Issuer>', (end) => signature + end),
  'two roots': ({ evil, xml }) => xml + evil,
  'two roots, the evil one first': ({ evil, xml }) => evil + xml,
  'an element nobody knows around both': ({ evil, xml }) => `<a>${evil}${xml}</a>`,
};

export const withIds = (evil: string, id: string): readonly string[] => [
  evil,
  evil.replace('ID="_evil"', `ID="${id}"`),
  evil.replace(' ID="_evil"', ''),
];

/** A new signature by other words for the same: what stands in SignedInfo is chosen, the key is honest or the attacker's. */
export function signedAnew(
  xml: string,
  how: {
    by?: Pair;
    uri?: string;
    transforms?: readonly string[];
    canonicalization?: string;
    digest?: string;
    twice?: boolean;
  } = {},
): string {
  const { by = honest, transforms = [algorithm.enveloped, algorithm.exclusiveC14n] } = how;
  const signer = new SignedXml({
    privateKey: by.pem,
    publicCert: by.certificate,
    signatureAlgorithm: algorithm.rsaSha256,
    canonicalizationAlgorithm: (how.canonicalization ?? algorithm.exclusiveC14n) as typeof algorithm.exclusiveC14n,
  });
  const reference = {
    xpath: '/*',
    digestAlgorithm: how.digest ?? algorithm.sha256,
    transforms,
    ...(how.uri === undefined ? {} : { uri: how.uri, isEmptyUri: how.uri === '' }),
  };
  signer.addReference(reference);
  if (how.twice) signer.addReference({ ...reference, xpath: "/*/*[local-name(.)='Issuer']" });
  const location = { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } as const;
  signer.computeSignature(xml, { location, prefix: 'ds' });
  return signer.getSignedXml();
}

/** The signature as a MAC keyed with what everybody knows. */
export function macSigned({ xml }: Signed, method: string, hash: string, key: string | Buffer): string {
  const changed = xml.replace(algorithm.rsaSha256, method);
  const info = /<ds:SignedInfo>[\s\S]*<\/ds:SignedInfo>/.exec(changed)?.[0] as string;
  const canonical = info
    .replace('<ds:SignedInfo>', `<ds:SignedInfo xmlns:ds="${ns.signature}">`)
    .replace(/<([\w:]+)([^>]*)\/>/g, '<$1$2></$1>');
  const value = createHmac(hash, key).update(canonical).digest('base64');
  return changed.replace(/(<ds:SignatureValue>)[^<]*/, `$1${value}`);
}
