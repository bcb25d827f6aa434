/** Federations for tests: aggregates of as many service providers as wanted, signed, born canonical as ours are. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { selfSigned } from '../../src/protocols/saml/keys/certificate.ts';

export interface Signer {
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string;
}

export function makeSigner(name = 'Northfold federation'): Signer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { key: privateKey, certificate: pem(certificateOf(privateKey, name)) };
}

/** DER in base64. */
export const certificateOf = (key: KeyObject, name: string): string =>
  selfSigned(key, { name, serial: Buffer.from([1]), from: 0, until: Date.UTC(2030, 0) }).toString('base64');

const pem = (der: string): string =>
  `-----BEGIN CERTIFICATE-----\n${der.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`;

export interface AggregateOptions {
  readonly signer: Signer;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds from `now`; five days, as eduGAIN has it. */
  readonly lasts?: number;
  /** Bytes a service provider is filled up to. */
  readonly size?: number;
}

export const entityIdOf = (i: number): string => `https://sp${i}.northfold.example/saml`;

/** The text of an aggregate of `count` service providers, in pieces. */
export function* generateAggregate(count: number, options: AggregateOptions): Generator<string> {
  const { signer, now, lasts = 5 * 86_400_000, size = 6_000 } = options;
  const [until, created] = [new Date(now + lasts).toISOString(), new Date(now).toISOString()];
  const head = `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_northfold" Name="https://northfold.example/federation" cacheDuration="PT6H" validUntil="${until}">`;
  const published = `<md:Extensions><mdrpi:PublicationInfo xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" creationInstant="${created}" publisher="https://northfold.example"></mdrpi:PublicationInfo></md:Extensions>\n`;
  const tail = '</md:EntitiesDescriptor>';
  const hash = createHash('sha256').update(head).update(published);
  for (let i = 0; i < count; i++) hash.update(entity(i, size));
  const digest = hash.update(tail).digest('base64');
  const info = `<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod><ds:Reference URI="#_northfold"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`;
  const dsig = 'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"';
  const value = sign('sha256', Buffer.from(`<ds:SignedInfo ${dsig}>${info}`), signer.key).toString('base64');
  yield `<?xml version="1.0" encoding="UTF-8"?>\n${head}<ds:Signature ${dsig}><ds:SignedInfo>${info}<ds:SignatureValue>${value}</ds:SignatureValue></ds:Signature>${published}`;
  for (let i = 0; i < count; i++) yield entity(i, size);
  yield `${tail}\n`;
}

/** Writes one to a file. */
export const writeAggregate = (file: string, count: number, options: AggregateOptions): Promise<void> =>
  pipeline(Readable.from(generateAggregate(count, options)), createWriteStream(file));

let made: readonly string[] | undefined;

/** A few keys of the size people use: making ten thousand would take an hour. */
const certificates = (): readonly string[] => {
  made ??= [0, 1, 2].flatMap((i) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: i === 2 ? 3072 : 2048 });
    return [`signing ${i}`, `encryption ${i}`].map((name) => certificateOf(privateKey, name));
  });
  return made;
};

function entity(i: number, size: number): string {
  const all = certificates();
  const key = (use: string, which: number) =>
    `<md:KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${(all[which % all.length] as string).replace(/.{76}/g, '$&\n')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\n`;
  const host = `https://sp${i}.northfold.example`;
  const start = `<md:EntityDescriptor entityID="${entityIdOf(i)}">\n<md:Extensions><mdattr:EntityAttributes xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute"><saml:Attribute xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Name="urn:oasis:names:tc:SAML:profiles:subject-id:req" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue>pairwise-id</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes></md:Extensions>\n<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">\n<md:Extensions><mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"><mdui:DisplayName xml:lang="de">Dienst ${i} für Prüfungen</mdui:DisplayName><mdui:DisplayName xml:lang="en">Service ${i}</mdui:DisplayName><mdui:Description xml:lang="en">`;
  const end = `</mdui:Description></mdui:UIInfo></md:Extensions>\n${key('signing', i)}${key('signing', i + 2)}${key('encryption', i + 1)}<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${host}/slo"></md:SingleLogoutService>\n<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>\n<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${host}/acs" index="1"></md:AssertionConsumerService>\n<md:AttributeConsumingService index="0"><md:ServiceName xml:lang="en">Service ${i}</md:ServiceName><md:RequestedAttribute FriendlyName="mail" Name="urn:oid:0.9.2342.19200300.100.1.3" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri" isRequired="true"></md:RequestedAttribute></md:AttributeConsumingService>\n</md:SPSSODescriptor>\n</md:EntityDescriptor>\n`;
  return `${start}${'What it is for, and for whom. '.repeat(Math.max(0, Math.ceil((size - start.length - end.length) / 30)))}${end}`;
}
