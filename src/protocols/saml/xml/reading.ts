/**
 * The one file that touches XML libraries. What comes in is read by a strict parser (saxes) into plain trees: no DTD, no
 * processing instruction, no comment inside a message, limits on depth and number before anything else looks. Signatures
 * are checked by xml-crypto, and of a signed message nothing is read but the bytes the signature covers, parsed anew.
 */
import type { KeyObject } from 'node:crypto';
import { DOMParser } from '@xmldom/xmldom';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { SignedXml } from 'xml-crypto';
import { algorithm, ns } from '../names.ts';
import { holds, notAccepted, type SignatureAlgorithm, signatureAlgorithm } from './algorithms.ts';
import { childOf, childrenOf, GrowingElement, UnreadableXml, type XmlElement } from './element.ts';

/** Input whose signature is absent where it must not be, or does not hold. */
export class BadSignature extends Error {}

const DEEPEST = 32;
/** Of a message, not of metadata: verifying costs some 50 microseconds each, before the key is used. */
const MOST_ELEMENTS = 400;
const MOST_ATTRIBUTES = 64;
/** Elements, attributes and namespaces of a signed message: canonicalizing them costs ten times what reading them does, forged or not. */
const MOST_SIGNED = 500;

/** Namespaces that saxes trims and others do not, and a prefix of none, which saxes takes and others do not. */
const unclear = ({ name, prefix, value }: SaxesTagNS['attributes'][string]): boolean =>
  (name === 'xmlns' || prefix === 'xmlns') && (value !== value.trim() || (prefix === 'xmlns' && value === ''));

/**
 * A message as a plain tree. Throws UnreadableXml. Comments are refused: a reader that stops at one reads another name
 * than the one that was signed (CVE-2017-11427 and its family).
 */
export function readXml(text: string): XmlElement {
  const fail = (why: string): never => {
    throw new UnreadableXml(why);
  };
  const parser = new SaxesParser({ xmlns: true, position: false });
  const root = new GrowingElement(MOST_ELEMENTS);
  let depth = 0;
  parser.on('error', (error) => fail(error.message));
  parser.on('xmldecl', ({ version, encoding }) => {
    // Another encoding means other characters to other readers; another version other rules.
    if (version !== '1.0' || (encoding && !/^utf-?8$/i.test(encoding))) fail('only XML 1.0 in UTF-8 is read');
  });
  parser.on('doctype', () => fail('a document type is not read'));
  parser.on('processinginstruction', () => fail('a processing instruction is not read'));
  parser.on('comment', () => fail('a comment is not read'));
  parser.on('opentag', (tag) => {
    if (++depth > DEEPEST) fail('it is too deep');
    if (Object.keys(tag.attributes).length > MOST_ATTRIBUTES) fail('too many attributes');
    if (Object.values(tag.attributes).some(unclear)) fail('a namespace that readers differ over');
    root.open(tag);
    if (!root.whole) fail('too many elements');
  });
  parser.on('text', (data) => root.text(data));
  parser.on('cdata', (data) => root.text(data));
  parser.on('closetag', () => {
    depth -= 1;
    root.close();
  });
  // Cheaper than the parser, and true whatever a parser makes of it.
  if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY')) fail('a document type is not read');
  // Of half a surrogate pair saxes makes one character with what follows, were it a '<'.
  if (/\p{Surrogate}/u.test(text)) fail('half of a surrogate pair is no character');
  parser.write(text).close();
  return root.whole ?? fail('there is no element');
}

/** Whether the message carries an XML signature, wherever it stands. */
export const isSigned = (root: XmlElement): boolean => count(root, 'Signature') > 0;

const count = (element: XmlElement, name: string): number =>
  Number(element.name === name && element.ns === ns.signature) +
  element.children.reduce((sum, child) => sum + count(child, name), 0);

/** What xml-crypto asks whether a signature holds: for any of `keys`, so that it canonicalizes once however many there are. */
const verifier = (name: string, one: SignatureAlgorithm, keys: readonly KeyObject[]) =>
  class {
    getAlgorithmName = () => name;
    verifySignature = (material: string, _key: KeyObject, value: string) =>
      keys.some((key) => holds(one, material, key, Buffer.from(value, 'base64')));
  };

const transforms: readonly string[] = [algorithm.enveloped, algorithm.exclusiveC14n];

/** What stands at the right place of a signature we check: one of each, children of the root's only Signature. */
interface Anatomy {
  readonly method: string;
  readonly digest: string;
}

/**
 * The message as its signature covers it. `root` is `text` as readXml gave it. The one Signature has to be a child of the
 * root and its one Reference has to be the root, by enveloped signature and exclusive canonicalization; any of `keys` will
 * do. Key information in the message is never looked at. Throws BadSignature or UnreadableXml.
 */
export function verifiedXml(text: string, root: XmlElement, keys: readonly KeyObject[], sha1: boolean): XmlElement {
  if (size(root) + text.split('xmlns').length > MOST_SIGNED) throw new BadSignature('too large to be signed as XML');
  const { method: name, digest } = anatomyOf(root);
  const method = signatureAlgorithm(name, sha1);
  if (!method) throw new BadSignature(notAccepted(name));
  if (digest === algorithm.sha1 && !sha1) throw new BadSignature('digest algorithm SHA-1 is not accepted');
  const bytes = covered(text, { [name]: verifier(name, method, keys) }, keys);
  if (bytes === undefined) throw new BadSignature('the signature does not hold for any known key');
  const message = readXml(bytes);
  if (message.ns !== root.ns || message.name !== root.name || message.attributes.ID !== root.attributes.ID)
    throw new BadSignature('the signature covers another element');
  return message;
}

/** The canonical bytes a signature that holds is about; undefined when it does not hold, or is about several things. */
function covered(text: string, SignatureAlgorithms: object, [key]: readonly KeyObject[]): string | undefined {
  if (!key) return undefined;
  const node = signatureNode(text);
  const signed = new SignedXml({ publicCert: key, getCertFromKeyInfo: () => null });
  Object.assign(signed, { SignatureAlgorithms, idAttributes: ['ID'] });
  try {
    signed.loadSignature(node);
    if (!signed.checkSignature(text)) return undefined;
  } catch {
    // xml-crypto throws where a signature does not hold.
    return undefined;
  }
  const [bytes, more] = signed.getSignedReferences();
  return more === undefined ? bytes : undefined;
}

function anatomyOf(root: XmlElement): Anatomy {
  const bad = (why: string): never => {
    throw new BadSignature(why);
  };
  const signature = childOf(root, ns.signature, 'Signature') ?? bad('the root is not signed');
  if (count(root, 'Signature') !== 1) bad('more than one signature');
  const { ID: id } = root.attributes;
  if (!id || !/^[A-Za-z_][\w.-]*$/.test(id)) bad('the ID of the root is none');
  const ids = idsOf(root);
  if (new Set(ids).size !== ids.length) bad('an ID stands twice');
  const only = (element: XmlElement, name: string) => childOf(element, ns.signature, name) ?? bad(`no ${name}`);
  const info = only(signature, 'SignedInfo');
  const reference = only(info, 'Reference');
  if (reference.attributes.URI !== `#${id}`) bad('the signature is about something else');
  if (childrenOf(signature, ns.signature, 'Object').length > 0) bad('a signature with an Object');
  const applied = childrenOf(only(reference, 'Transforms'), ns.signature, 'Transform').map(
    (one) => one.attributes.Algorithm ?? '',
  );
  if (applied.join(' ') !== transforms.join(' '))
    bad('other transforms than enveloped signature and exclusive canonicalization');
  if (only(info, 'CanonicalizationMethod').attributes.Algorithm !== algorithm.exclusiveC14n)
    bad('another canonicalization');
  for (const name of ['SignatureValue', 'SignedInfo', 'Reference', 'DigestValue'])
    if (count(root, name) !== 1) bad(`more than one ${name}`);
  return {
    method: only(info, 'SignatureMethod').attributes.Algorithm ?? '',
    digest: only(reference, 'DigestMethod').attributes.Algorithm ?? '',
  };
}

const size = ({ attributes, children }: XmlElement): number =>
  1 + Object.keys(attributes).length + children.reduce((sum, child) => sum + size(child), 0);

/** Whatever any reader could take for an ID. */
const idsOf = (element: XmlElement): string[] => [
  ...Object.entries(element.attributes).flatMap(([name, value]) => (/^(\{.*\})?(xml:)?id$/i.test(name) ? [value] : [])),
  ...element.children.flatMap(idsOf),
];

/** The Signature as xml-crypto wants it: a node of the library it parses with itself. */
function signatureNode(text: string): Node {
  const strict = (message: string): never => {
    throw new UnreadableXml(message);
  };
  const parser = new DOMParser({ errorHandler: { warning: strict, error: strict, fatalError: strict } });
  const root = parser.parseFromString(text, 'text/xml').documentElement;
  const nodes = Array.from(root.childNodes) as Element[];
  const found = nodes.find((node) => node.localName === 'Signature' && node.namespaceURI === ns.signature);
  if (!found) throw new BadSignature('the root is not signed');
  return found;
}
