/**
 * How messages arrive (saml-bindings-2.0-os sections 3.4 and 3.5): limits first, then decoding, then nothing else. Knows
 * no message's meaning. A signature of the Redirect binding is checked over the octets as they came.
 */
import type { KeyObject } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { holds, notAccepted, signatureAlgorithm } from '../xml/algorithms.ts';

export type MessageName = 'SAMLRequest' | 'SAMLResponse';

/** A message as it came, decoded. */
export interface Message {
  readonly name: MessageName;
  readonly binding: 'redirect' | 'post';
  /** The XML, unread. */
  readonly text: string;
  readonly relayState?: string;
  /** Of the Redirect binding alone: what was signed, and how. */
  readonly signature?: { readonly octets: string; readonly algorithm: string; readonly value: Buffer };
}

/** A message that is not one, with the reason for the log and the details of the page. */
export class UnreadableMessage extends Error {}

/** Of the XML, in bytes: no request needs more, and a bomb of a few bytes inflates to gigabytes. */
const LARGEST_XML = 64 * 1024;
/** The specification says 80 bytes; applications put whole addresses there. */
const LONGEST_RELAY_STATE = 4 * 1024;

const fail = (why: string): never => {
  throw new UnreadableMessage(why);
};

/** By HTTP-Redirect. `query` is the raw query string, without the question mark. Throws UnreadableMessage. */
export function fromQuery(query: string): Message {
  const raw = rawParameters(query);
  const name = nameOf(raw);
  const encoding = raw.get('SAMLEncoding');
  if (encoding !== undefined && decoded(encoding) !== 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE')
    fail('SAMLEncoding is not DEFLATE');
  const relayState = relayStateOf(raw.get('RelayState'));
  const signature = signatureOf(name, raw);
  return {
    name,
    binding: 'redirect',
    text: utf8(inflated(base64(decoded(raw.get(name) as string)))),
    ...(relayState === undefined ? {} : { relayState }),
    ...(signature ? { signature } : {}),
  };
}

/** By HTTP-POST: the fields of the form. Throws UnreadableMessage. */
export function fromForm(fields: Readonly<Record<string, string>>): Message {
  const names = (['SAMLRequest', 'SAMLResponse'] as const).filter((one) => fields[one] !== undefined);
  const [name] = names.length === 1 ? names : [fail('there is not exactly one SAMLRequest or SAMLResponse')];
  const bytes = base64(fields[name as MessageName] as string);
  if (bytes.length > LARGEST_XML) fail('the message is too large');
  const { RelayState: relayState } = fields;
  if (relayState !== undefined && Buffer.byteLength(relayState) > LONGEST_RELAY_STATE) fail('RelayState is too long');
  return {
    name: name as MessageName,
    binding: 'post',
    text: utf8(bytes),
    ...(relayState === undefined ? {} : { relayState }),
  };
}

/** Whether the signature of a Redirect message holds for one of the keys. Throws UnreadableMessage. */
export function querySignatureHolds(
  { octets, algorithm: method, value }: NonNullable<Message['signature']>,
  keys: readonly KeyObject[],
  sha1: boolean,
): boolean {
  const taken = signatureAlgorithm(method, sha1);
  if (!taken) throw new UnreadableMessage(notAccepted(method));
  return keys.some((key) => holds(taken, octets, key, value));
}

/** Undecoded values by name; a name that stands twice means two things to two readers. */
function rawParameters(query: string): ReadonlyMap<string, string> {
  const raw = new Map<string, string>();
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=');
    const name = decoded(at < 0 ? pair : pair.slice(0, at));
    if (raw.has(name)) fail('a parameter stands twice');
    raw.set(name, at < 0 ? '' : pair.slice(at + 1));
  }
  return raw;
}

function nameOf(raw: ReadonlyMap<string, string>): MessageName {
  const names = (['SAMLRequest', 'SAMLResponse'] as const).filter((one) => raw.has(one));
  return names.length === 1 ? (names[0] as MessageName) : fail('there is not exactly one SAMLRequest or SAMLResponse');
}

/** The octets in the order the specification gives them, as they came: encoding them anew would sign something else. */
function signatureOf(name: MessageName, raw: ReadonlyMap<string, string>): Message['signature'] {
  const [value, method] = [raw.get('Signature'), raw.get('SigAlg')];
  if (value === undefined && method === undefined) return undefined;
  if (value === undefined || method === undefined) return fail('Signature and SigAlg come together');
  const relayed = raw.has('RelayState') ? `&RelayState=${raw.get('RelayState')}` : '';
  return {
    octets: `${name}=${raw.get(name)}${relayed}&SigAlg=${method}`,
    algorithm: decoded(method),
    value: base64(decoded(value)),
  };
}

function relayStateOf(raw: string | undefined): string | undefined {
  if (raw === undefined) return undefined;
  const relayState = decoded(raw);
  return Buffer.byteLength(relayState) > LONGEST_RELAY_STATE ? fail('RelayState is too long') : relayState;
}

function decoded(raw: string): string {
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return fail('the query cannot be decoded');
  }
}

/** Strictly, white space aside, which some libraries break lines with. */
function base64(text: string): Buffer {
  const bare = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(bare) || bare.length % 4 === 1) fail('the message is not base64');
  return Buffer.from(bare, 'base64');
}

function inflated(bytes: Buffer): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: LARGEST_XML });
  } catch {
    return fail('the message cannot be inflated, or is too large');
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function utf8(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return fail('the message is not UTF-8: if it is compressed, HTTP-POST does not allow that');
  }
}
