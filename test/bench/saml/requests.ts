/** P5: what a signed AuthnRequest by POST costs to check, and what it costs to refuse one. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { SAML } from '@node-saml/node-saml';
import { DOMParser } from '@xmldom/xmldom';
import { SignedXml } from 'xml-crypto';
import { fromQuery, querySignatureHolds, UnreadableMessage } from '../../../src/protocols/saml/messages/binding.ts';
import { UnreadableXml } from '../../../src/protocols/saml/xml/element.ts';
import { BadSignature, readXml, verifiedXml } from '../../../src/protocols/saml/xml/reading.ts';
import { multiples } from '../cost.ts';
import { type Results, result } from '../result.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const key = createPublicKey(privateKey);
const others = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);

export async function requests(): Promise<Results> {
  const message = await signedRequest();
  const check = (text: string, keys = [key]) => verifiedXml(text, readXml(text), keys, false);
  const junk = refusals(message);
  for (const [name, text] of Object.entries(junk))
    if (!refused(() => check(text))) throw new Error(`${name} was taken`);
  const query = await signedQuery();
  if (!refused(() => fromQuery(bomb)) || !byRedirect(query))
    throw new Error('HTTP-Redirect is not read as it has to be');
  const seen = await multiples({
    whole: () => check(message),
    third: () => check(message, [...others, key]),
    library: () => byLibrary(message),
    read: () => readXml(message),
    dtd: () => refused(() => check(junk.dtd)),
    deep: () => refused(() => check(junk.deep)),
    many: () => refused(() => check(junk.many)),
    forged: () => refused(() => check(junk.forged)),
    changed: () => refused(() => check(junk.changed)),
    bomb: () => refused(() => fromQuery(bomb)),
    redirect: () => byRedirect(query),
  });
  const junkNote = (what: string) => ({ unit: 'x RSA', note: `refused: ${what}` });
  return {
    P5: result(seen.whole, { goal: 12, unit: 'x RSA', note: 'a signed AuthnRequest by POST, read and checked' }),
    'P5.xml-crypto': result(seen.library, { unit: 'x RSA', note: 'xml-crypto alone, as its documents say' }),
    'P5.read': result(seen.read, { unit: 'x RSA', note: 'reading it, no signature' }),
    'P5.third-key': result(seen.third, { unit: 'x RSA', note: 'when the third key of its metadata is the right one' }),
    'P5.redirect': result(seen.redirect, {
      unit: 'x RSA',
      note: 'a signed AuthnRequest by Redirect, read and checked',
    }),
    'P5.junk.bomb': result(seen.bomb, junkNote('a query of 11 kB that inflates to 8 MB')),
    'P5.junk.dtd': result(seen.dtd, junkNote('a document type of 60 KiB')),
    'P5.junk.deep': result(seen.deep, junkNote('60 KiB of elements in one another')),
    'P5.junk.many': result(seen.many, junkNote('60 KiB of small elements')),
    'P5.junk.forged': result(seen.forged, junkNote('signed by a key nobody knows')),
    'P5.junk.changed': result(seen.changed, junkNote('one letter changed under the signature')),
  };
}

const settings = {
  callbackUrl: 'https://sp.example/acs',
  entryPoint: 'https://idp.example/saml/sso',
  issuer: 'https://sp.example/metadata',
  idpCert: 'MIIB',
  privateKey: pem,
  signatureAlgorithm: 'sha256',
  digestAlgorithm: 'sha256',
} as const;

async function signedQuery(): Promise<string> {
  const address = await new SAML(settings).getAuthorizeUrlAsync('state', undefined, {});
  return new URL(address).search.slice(1);
}

function byRedirect(query: string): boolean {
  const { text, signature } = fromQuery(query);
  readXml(text);
  return signature !== undefined && querySignatureHolds(signature, [key], false);
}

const bomb = `SAMLRequest=${encodeURIComponent(deflateRawSync(Buffer.alloc(8 << 20), { level: 9 }).toString('base64'))}`;

/** As node-saml signs it, with what it puts into one by itself. */
async function signedRequest(): Promise<string> {
  const saml = new SAML({ ...settings, authnRequestBinding: 'HTTP-POST', skipRequestCompression: true });
  const form = await saml.getAuthorizeFormAsync('state');
  const value = /name="SAMLRequest" value="([^"]+)"/.exec(form)?.[1] as string;
  return Buffer.from(value, 'base64').toString();
}

/** Parsed, its signature checked, and what is covered parsed: nothing of ours around it. */
function byLibrary(text: string): unknown {
  const { documentElement } = new DOMParser().parseFromString(text, 'text/xml');
  const nodes = Array.from(documentElement.childNodes) as Element[];
  const signed = new SignedXml({ publicCert: key, getCertFromKeyInfo: () => null });
  signed.loadSignature(nodes.find((node) => node.localName === 'Signature') as Element);
  if (!signed.checkSignature(text)) throw new Error('the signature did not hold');
  return new DOMParser().parseFromString(signed.getSignedReferences()[0] as string, 'text/xml');
}

function refused(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (error instanceof BadSignature || error instanceof UnreadableXml || error instanceof UnreadableMessage)
      return true;
    throw error;
  }
}

const room = 60 * 1024;

function refusals(message: string) {
  const root = message.replace(/^<\?xml[^>]*>\s*/, '');
  const filled = (piece: string) => piece.repeat(Math.floor(room / piece.length));
  return {
    dtd: `<!DOCTYPE a [${filled('<!ENTITY lol "lol">')}]>${root}`,
    deep: filled('<a>'),
    many: `<a>${filled('<b/>')}</a>`,
    forged: message.replace(/<SignatureValue>.{8}/, '<SignatureValue>AAAAAAAA'),
    changed: message.replace('https://sp.example/acs', 'https://sp.example/ads'),
  };
}
