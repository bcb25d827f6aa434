/** What service providers write, and how they sign it. Nothing of it is ours: another hand's words for SAML. */
import { randomBytes, sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { SignedXml } from 'xml-crypto';
import { algorithm, ns } from '../../src/protocols/saml/names.ts';
import type { Pair } from './saml-keys.ts';

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (one) => entities[one] as string);

/** ` a="b"` for each that is there. */
const attributes = (all: Record<string, string | number | boolean | undefined>) =>
  Object.entries(all)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escaped(String(value))}"`))
    .join('');

/** An element of a prefix; without content when there is none. */
export const element = (name: string, at: Parameters<typeof attributes>[0], ...content: string[]): string =>
  content.join('') === '' ? `<${name}${attributes(at)}/>` : `<${name}${attributes(at)}>${content.join('')}</${name}>`;

/** An AuthnRequest's parameters. `null` leaves out what would be there. */
export interface Asking {
  readonly id?: string;
  readonly issuer?: string;
  readonly destination?: string | null;
  readonly issuedAt?: Date;
  readonly version?: string;
  readonly force?: boolean;
  readonly passive?: boolean;
  readonly consumer?: string;
  readonly consumerIndex?: number;
  readonly protocolBinding?: string;
  readonly attributeIndex?: number;
  readonly subject?: { readonly value: string; readonly format?: string; readonly spNameQualifier?: string };
  readonly policy?: { readonly format?: string; readonly allowCreate?: boolean; readonly spNameQualifier?: string };
  readonly classes?: readonly string[];
  readonly comparison?: 'exact' | 'minimum' | 'maximum' | 'better';
  readonly proxyCount?: number;
}

export const freshId = (): string => `_${randomBytes(16).toString('hex')}`;

export function authnRequest(
  ask: Asking & { readonly id: string; readonly issuer: string; readonly destination: string | null },
): string {
  const { subject, policy, classes } = ask;
  return element(
    'samlp:AuthnRequest',
    {
      'xmlns:samlp': ns.protocol,
      'xmlns:saml': ns.assertion,
      ID: ask.id,
      Version: ask.version ?? '2.0',
      IssueInstant: (ask.issuedAt ?? new Date()).toISOString(),
      Destination: ask.destination ?? undefined,
      ForceAuthn: ask.force,
      IsPassive: ask.passive,
      AssertionConsumerServiceURL: ask.consumer,
      AssertionConsumerServiceIndex: ask.consumerIndex,
      ProtocolBinding: ask.protocolBinding,
      AttributeConsumingServiceIndex: ask.attributeIndex,
    },
    element('saml:Issuer', {}, escaped(ask.issuer)),
    subject
      ? element(
          'saml:Subject',
          {},
          element(
            'saml:NameID',
            { Format: subject.format, SPNameQualifier: subject.spNameQualifier },
            escaped(subject.value),
          ),
        )
      : '',
    policy
      ? element('samlp:NameIDPolicy', {
          Format: policy.format,
          SPNameQualifier: policy.spNameQualifier,
          AllowCreate: policy.allowCreate,
        })
      : '',
    classes
      ? element(
          'samlp:RequestedAuthnContext',
          { Comparison: ask.comparison },
          ...classes.map((name) => element('saml:AuthnContextClassRef', {}, escaped(name))),
        )
      : '',
    ask.proxyCount === undefined ? '' : element('samlp:Scoping', { ProxyCount: ask.proxyCount }),
  );
}

/** A LogoutRequest's parameters. */
export interface Leaving {
  readonly id?: string;
  readonly issuer?: string;
  readonly destination?: string | null;
  readonly issuedAt?: Date;
  readonly notOnOrAfter?: Date;
  readonly nameId?: string;
  readonly format?: string | undefined;
  readonly nameQualifier?: string;
  readonly spNameQualifier?: string | undefined;
  readonly sessionIndexes?: readonly string[];
  /** Instead of the NameID, as it stands. */
  readonly named?: string;
}

export function logoutRequest(
  leave: Leaving & { readonly id: string; readonly issuer: string; readonly destination: string | null },
): string {
  const { format: Format, nameQualifier: NameQualifier, spNameQualifier: SPNameQualifier } = leave;
  return element(
    'samlp:LogoutRequest',
    {
      'xmlns:samlp': ns.protocol,
      'xmlns:saml': ns.assertion,
      ID: leave.id,
      Version: '2.0',
      IssueInstant: (leave.issuedAt ?? new Date()).toISOString(),
      Destination: leave.destination ?? undefined,
      NotOnOrAfter: leave.notOnOrAfter?.toISOString(),
    },
    element('saml:Issuer', {}, escaped(leave.issuer)),
    leave.named ?? element('saml:NameID', { Format, NameQualifier, SPNameQualifier }, escaped(leave.nameId ?? '')),
    ...(leave.sessionIndexes ?? []).map((one) => element('samlp:SessionIndex', {}, escaped(one))),
  );
}

/** A LogoutResponse's parameters; status codes without their common beginning, the outer one first. */
export interface Left {
  readonly id?: string;
  readonly issuer?: string;
  readonly destination?: string;
  readonly issuedAt?: Date;
  readonly inResponseTo?: string;
  readonly status?: readonly string[];
}

export function logoutResponse(
  left: Left & { readonly id: string; readonly issuer: string; readonly destination: string },
): string {
  const code = ([first, ...rest]: readonly string[]): string =>
    first === undefined
      ? ''
      : element('samlp:StatusCode', { Value: `urn:oasis:names:tc:SAML:2.0:status:${first}` }, code(rest));
  return element(
    'samlp:LogoutResponse',
    {
      'xmlns:samlp': ns.protocol,
      'xmlns:saml': ns.assertion,
      ID: left.id,
      Version: '2.0',
      IssueInstant: (left.issuedAt ?? new Date()).toISOString(),
      Destination: left.destination,
      InResponseTo: left.inResponseTo,
    },
    element('saml:Issuer', {}, escaped(left.issuer)),
    element('samlp:Status', {}, code(left.status ?? ['Success'])),
  );
}

export interface Signing {
  readonly pair: Pair;
  readonly method?: string;
  readonly digest?: string;
}

/** With an enveloped signature behind the Issuer, as of the POST binding and of metadata. */
export function signedXml(
  xml: string,
  { pair, method = algorithm.rsaSha256, digest = algorithm.sha256 }: Signing,
): string {
  const signer = new SignedXml({
    privateKey: pair.pem,
    publicCert: pair.certificate,
    signatureAlgorithm: method,
    canonicalizationAlgorithm: algorithm.exclusiveC14n,
  });
  signer.addReference({
    xpath: '/*',
    digestAlgorithm: digest,
    transforms: [algorithm.enveloped, algorithm.exclusiveC14n],
  });
  const issuer = "/*/*[local-name(.)='Issuer']";
  signer.computeSignature(xml, {
    location: xml.includes('Issuer') ? { reference: issuer, action: 'after' } : { reference: '/*', action: 'prepend' },
    prefix: 'ds',
  });
  return signer.getSignedXml();
}

const hashes: Readonly<Record<string, string>> = {
  [algorithm.rsaSha1]: 'sha1',
  [algorithm.rsaSha256]: 'sha256',
  [algorithm.rsaSha512]: 'sha512',
  [algorithm.ecdsaSha256]: 'sha256',
};

/** As browsers leave it: an apostrophe they would encode themselves, and the octets would not be those that were signed. */
const encoded = (value: string) => encodeURIComponent(value).replaceAll("'", '%27');

/** The query of the Redirect binding (saml-bindings-2.0-os section 3.4.4), signed over its octets when `signing` is given. */
export function redirectQuery(
  xml: string,
  more: { relayState?: string; signing?: Signing; name?: string } = {},
): string {
  const { relayState, signing, name = 'SAMLRequest' } = more;
  const relayed = relayState === undefined ? '' : `&RelayState=${encoded(relayState)}`;
  const message = `${name}=${encoded(deflateRawSync(xml).toString('base64'))}${relayed}`;
  if (!signing) return message;
  const { pair, method = algorithm.rsaSha256 } = signing;
  const octets = `${message}&SigAlg=${encoded(method)}`;
  const value = sign(hashes[method] as string, Buffer.from(octets), {
    key: pair.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${octets}&Signature=${encoded(value.toString('base64'))}`;
}
