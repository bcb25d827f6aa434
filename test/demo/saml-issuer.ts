/** A pretended Stile that speaks SAML: signs everybody in at once, and can be told to answer wrongly. */
import { execFileSync } from 'node:child_process';
import { createSign, createVerify, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { SignedXml } from 'xml-crypto';
import { encrypt } from 'xml-encryption';

const folder = mkdtempSync(join(tmpdir(), 'saml-issuer-'));
const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
const made = [
  '-newkey',
  'rsa:2048',
  '-nodes',
  '-days',
  '2',
  '-subj',
  '/CN=Stile',
  '-keyout',
  keyFile,
  '-out',
  certFile,
];
execFileSync('openssl', ['req', '-x509', ...made], { stdio: 'ignore' });
const [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')];
rmSync(folder, { recursive: true });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });

const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const saml = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';
const status = 'urn:oasis:names:tc:SAML:2.0:status:';

/** What an answer says, and what it is. */
interface Says {
  issuer: string;
  audience: string;
  recipient: string;
  inResponseTo: string;
  nameId: string;
  context: string;
  provedAt: number;
  /** Seconds from now. */
  expires: number;
  sessionEnds: number;
  methods: readonly string[];
  key: 'own' | 'foreign';
  /** What of it is signed. */
  signs: readonly ('Assertion' | 'Response')[];
  encrypted: boolean;
}

export interface PretendedSamlIssuer {
  readonly url: string;
  says: Partial<Says>;
  /** Answers with this second-level status instead of an assertion. */
  refuses: string | undefined;
  /** The last message it was sent, and whether its signature held. */
  asked: { xml: string; signed: boolean } | undefined;
  /** How it answers a LogoutRequest: status codes, the outer one first. */
  leaves: readonly string[];
  /** The address of its sign-out message to `destination`, spoiled by `spoil`. */
  logoutRequest(destination: string, of: Partial<LogoutWords>): string;
  close(): Promise<void>;
}

interface LogoutWords {
  nameId: string;
  sessionIndex: string | undefined;
  issuer: string;
  destination: string;
  issuedAt: number;
  key: 'own' | 'foreign' | 'none';
  algorithm: string;
}

const escaped = (text: string) => text.replace(/[<>&"]/g, (one) => `&#${one.charCodeAt(0)};`);
const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const attribute = (xml: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1] ?? '';
let ids = 0;
const id = () => `_answer${ids++}`;

export async function pretendedSamlIssuer(provider: { certificate: string }): Promise<PretendedSamlIssuer> {
  const signedBy = (which: 'own' | 'foreign') => (which === 'own' ? key : (foreign as string));

  const assertion = (request: string, says: Says) =>
    `
<saml:Assertion ${saml} ID="${id()}" Version="2.0" IssueInstant="${at(0)}"><saml:Issuer>${says.issuer}</saml:Issuer>
<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" SPNameQualifier="${issuerOf(request)}">${says.nameId}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="${says.inResponseTo}" NotOnOrAfter="${at(says.expires)}" Recipient="${says.recipient}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="${at(-60)}" NotOnOrAfter="${at(says.expires)}"><saml:AudienceRestriction><saml:Audience>${says.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="${new Date(says.provedAt).toISOString()}" SessionIndex="s1" SessionNotOnOrAfter="${at(says.sessionEnds)}"><saml:AuthnContext><saml:AuthnContextClassRef>${says.context}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
<saml:AttributeStatement><saml:Attribute Name="displayName"><saml:AttributeValue>${says.nameId === 'p-ana' ? 'Ana Duarte' : 'Mei Lin'}</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="http://schemas.microsoft.com/claims/authnmethodsreferences">${says.methods.map((one) => `<saml:AttributeValue>${escaped(one)}</saml:AttributeValue>`).join('')}</saml:Attribute></saml:AttributeStatement></saml:Assertion>`
      .trim()
      .replace(/>\n</g, '><');

  const response = async (request: string): Promise<string> => {
    const acs = attribute(request, 'AssertionConsumerServiceURL');
    const says: Says = {
      issuer: `${self.url}/saml/metadata`,
      audience: issuerOf(request),
      recipient: acs,
      inResponseTo: attribute(request, 'ID'),
      nameId: 'p-ana',
      context: /AuthnContextClassRef[^>]*>([^<]+)</.exec(request)?.[1] ?? passwordOnly,
      provedAt: Date.now(),
      expires: 120,
      sessionEnds: 3600,
      methods: ['http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password'],
      key: 'own',
      signs: ['Assertion', 'Response'],
      encrypted: false,
      ...self.says,
    };
    let inner = '';
    if (!self.refuses) {
      inner = assertion(request, says);
      if (says.signs.includes('Assertion')) inner = sign(inner, 'Assertion', signedBy(says.key));
      if (says.encrypted) inner = await sealed(inner, provider.certificate);
    }
    const code = self.refuses
      ? `<samlp:StatusCode Value="${status}Responder"><samlp:StatusCode Value="${status}${self.refuses}"/></samlp:StatusCode>`
      : `<samlp:StatusCode Value="${status}Success"/>`;
    const whole = `<samlp:Response ${saml} ID="${id()}" Version="2.0" IssueInstant="${at(0)}" Destination="${acs}" InResponseTo="${says.inResponseTo}"><saml:Issuer>${self.url}/saml/metadata</saml:Issuer><samlp:Status>${code}</samlp:Status>${inner}</samlp:Response>`;
    const signed = says.signs.includes('Response') ? sign(whole, 'Response', signedBy(says.key)) : whole;
    return `<form method="post" action="${acs}"><input type="hidden" name="SAMLResponse" value="${Buffer.from(signed).toString('base64')}"><button>Continue</button></form>`;
  };

  const redirect = (destination: string, parameter: string, xml: string, words: Partial<LogoutWords> = {}) => {
    const deflated = deflateRawSync(xml).toString('base64');
    const { key: which = 'own', algorithm = rsaSha256 } = words;
    const query = `${parameter}=${encodeURIComponent(deflated)}`;
    if (which === 'none') return `${destination}?${query}`;
    const octets = `${query}&SigAlg=${encodeURIComponent(algorithm)}`;
    const hash = algorithm.endsWith('sha1') ? 'sha1' : 'sha256';
    const signature = createSign(hash).update(octets).sign(signedBy(which), 'base64');
    return `${destination}?${octets}&Signature=${encodeURIComponent(signature)}`;
  };

  const read = (url: URL) => {
    const query = url.search.slice(1);
    const signature = url.searchParams.get('Signature') ?? '';
    const verifier = createVerify('sha256').update(query.slice(0, query.indexOf('&Signature=')));
    const xml = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest')!, 'base64')).toString();
    self.asked = { xml, signed: verifier.verify(provider.certificate, signature, 'base64') };
    return xml;
  };

  const server = createServer(async (req, res) => {
    const url = new URL(req.url!, self.url);
    if (url.pathname === '/saml/metadata') return res.end(metadata(self.url));
    if (url.pathname === '/saml/sso') {
      return res.writeHead(200, { 'content-type': 'text/html' }).end(await response(read(url)));
    }
    if (url.pathname === '/saml/slo' && url.searchParams.has('SAMLRequest')) {
      const request = read(url);
      const back = issuerOf(request).replace(/metadata$/, 'logout');
      const codes = self.leaves.reduceRight(
        (inner, one) => `<samlp:StatusCode Value="${status}${one}">${inner}</samlp:StatusCode>`,
        '',
      );
      const answer = `<samlp:LogoutResponse ${saml} ID="${id()}" Version="2.0" IssueInstant="${at(0)}" Destination="${back}" InResponseTo="${attribute(request, 'ID')}"><saml:Issuer>${self.url}/saml/metadata</saml:Issuer><samlp:Status>${codes}</samlp:Status></samlp:LogoutResponse>`;
      return res.writeHead(303, { location: redirect(back, 'SAMLResponse', answer) }).end();
    }
    if (url.pathname === '/saml/slo') return res.end('heard');
    res.writeHead(404).end();
  });
  const self: PretendedSamlIssuer = {
    url: '',
    says: {},
    refuses: undefined,
    asked: undefined,
    leaves: ['Success'],
    logoutRequest(destination, words) {
      const { nameId = 'p-ana', issuer = `${self.url}/saml/metadata`, issuedAt = Date.now() } = words;
      const sessionIndex = 'sessionIndex' in words ? words.sessionIndex : 's1';
      const index = sessionIndex ? `<samlp:SessionIndex>${sessionIndex}</samlp:SessionIndex>` : '';
      const xml = `<samlp:LogoutRequest ${saml} ID="${id()}" Version="2.0" IssueInstant="${new Date(issuedAt).toISOString()}" Destination="${words.destination ?? destination}"><saml:Issuer>${issuer}</saml:Issuer><saml:NameID>${nameId}</saml:NameID>${index}</samlp:LogoutRequest>`;
      return redirect(destination, 'SAMLRequest', xml, words);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(self, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return self;
}

const passwordOnly = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';
const issuerOf = (request: string) => /<saml:Issuer[^>]*>([^<]+)</.exec(request)?.[1] ?? '';

function sign(xml: string, name: 'Assertion' | 'Response', by: string): string {
  const where = `/*[local-name(.)='${name}']`;
  const signature = new SignedXml({
    privateKey: by,
    signatureAlgorithm: rsaSha256,
    canonicalizationAlgorithm: exclusive,
  });
  signature.addReference({
    xpath: where,
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', exclusive],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
  });
  signature.computeSignature(xml, { location: { reference: `${where}/*[local-name(.)='Issuer']`, action: 'after' } });
  return signature.getSignedXml();
}

async function sealed(xml: string, certificate: string): Promise<string> {
  const data = await promisify(encrypt)(xml, {
    rsa_pub: new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'pem' }),
    pem: certificate,
    encryptionAlgorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
    keyEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
  });
  return `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${data}</saml:EncryptedAssertion>`;
}

const metadata = (
  url: string,
) => `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${url}/saml/metadata">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>
      ${cert.replace(/-----[^-]+-----/g, '')}
    </X509Certificate></X509Data></KeyInfo></KeyDescriptor>
    <SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${url}/saml/slo"/>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${url}/saml/sso-by-post"/>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${url}/saml/sso"/>
  </IDPSSODescriptor>
</EntityDescriptor>`;
