/** The signature of a metadata document (xmldsig-core, saml-metadata-2.0-os section 3.1): its anatomy, and whether it holds. */
import type { KeyObject } from 'node:crypto';
import { algorithm, ns } from '../names.ts';
import { digestAlgorithm, holds, signatureAlgorithm } from '../xml/algorithms.ts';
import { childrenOf, type XmlElement } from '../xml/element.ts';
import { Exclusive, type Namespaces, type Tag } from '../xml/exclusive.ts';
import { BadSignature } from '../xml/reading.ts';

/** What a parser told, to be told again. */
export type Told = { readonly open: Tag } | { readonly text: string } | 'close';

export function tell(told: Iterable<Told>, to: Exclusive): void {
  for (const one of told) {
    if (one === 'close') to.close();
    else if ('open' in one) to.open(one.open);
    else to.text(one.text);
  }
}

/** What a signature that holds says of the document it stands in. */
export interface Promised {
  /** The name node's crypto has for it. */
  readonly hash: string;
  readonly digest: Buffer;
  /** The PrefixList of the Reference's transform. */
  readonly inclusive: ReadonlySet<string>;
}

export interface SignatureSeen {
  readonly element: XmlElement;
  /** The same, from the start of Signature to its end. */
  readonly told: readonly Told[];
  /** Namespaces in scope inside Signature. */
  readonly around: Namespaces;
  /** The value of the root's ID attribute. */
  readonly rootId: string | undefined;
}

const bad = (why: string): never => {
  throw new BadSignature(why);
};

/** Checks SignedInfo against the pinned keys; what KeyInfo says is never looked at. Throws BadSignature. */
export function promisedBy(seen: SignatureSeen, keys: readonly KeyObject[]): Promised {
  const { element, rootId } = seen;
  const info = only(element, 'SignedInfo');
  if (childrenOf(element, ns.signature, 'Object').length > 0) bad('its signature has an Object');
  const reference = only(info, 'Reference');
  const { URI } = reference.attributes;
  if (URI !== '' && !(rootId && URI === `#${rootId}`))
    bad('its signature is about something else than the whole document');
  const [enveloped, exclusive, more] = only(reference, 'Transforms').children;
  const transforms = [enveloped, exclusive].map((one) => one?.attributes.Algorithm);
  if (more || transforms[0] !== algorithm.enveloped || transforms[1] !== algorithm.exclusiveC14n)
    bad('its signature has other transforms than enveloped signature and exclusive canonicalization');
  const inclusive = prefixList(exclusive as XmlElement);
  const method = only(info, 'CanonicalizationMethod');
  if (method.attributes.Algorithm !== algorithm.exclusiveC14n)
    bad(
      `its signature is canonicalized by ${method.attributes.Algorithm}, and only exclusive canonicalization is taken`,
    );
  const { Algorithm: signatureName = '' } = only(info, 'SignatureMethod').attributes;
  const signing = signatureAlgorithm(signatureName) ?? bad(`its signature algorithm ${signatureName} is not accepted`);
  const { Algorithm: digestName = '' } = only(reference, 'DigestMethod').attributes;
  const hash = digestAlgorithm(digestName) ?? bad(`its digest algorithm ${digestName} is not accepted`);
  const canonical = signedInfo(seen, prefixList(method));
  const value = bytes(only(element, 'SignatureValue'));
  if (!keys.some((key) => holds(signing, canonical, key, value)))
    bad('its signature is not of a key in signing_cert_file');
  return { hash, digest: bytes(only(reference, 'DigestValue')), inclusive };
}

function only(element: XmlElement, name: string): XmlElement {
  const [one, more] = childrenOf(element, ns.signature, name);
  return more || !one ? bad(`its signature has ${more ? 'more than one' : 'no'} ${name}`) : one;
}

/** Of base64. */
function bytes({ text, children }: XmlElement): Buffer {
  const bare = text.replace(/\s/g, '');
  if (children.length > 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) bad('its signature holds no base64');
  return Buffer.from(bare, 'base64');
}

/** InclusiveNamespaces (xml-exc-c14n section 2.2): the only thing a canonicalization may say besides its name. */
function prefixList({ children }: XmlElement): ReadonlySet<string> {
  const [list, more] = children;
  if (!list) return new Set();
  if (more || list.name !== 'InclusiveNamespaces' || list.ns !== algorithm.exclusiveC14n)
    bad('a canonicalization of its signature has something else in it than InclusiveNamespaces');
  const prefixes = (list.attributes.PrefixList ?? '').split(/\s+/).filter(Boolean);
  return new Set(prefixes.map((prefix) => (prefix === '#default' ? '' : prefix)));
}

/** SignedInfo as it was signed: what was told between its start and its end. */
function signedInfo({ told, around }: SignatureSeen, inclusive: ReadonlySet<string>): string {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  const to = new Exclusive(write, { around, inclusive });
  let depth = 0;
  let within = false;
  for (const one of told) {
    if (one !== 'close' && 'open' in one && ++depth === 2)
      within = one.open.local === 'SignedInfo' && one.open.uri === ns.signature;
    if (within) tell([one], to);
    if (one === 'close' && depth-- === 2) within = false;
  }
  return text;
}
