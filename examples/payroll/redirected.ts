/**
 * A message by HTTP-Redirect, looked at before node-saml is. That takes a message without a signature as it takes one with,
 * finds the signed octets by parts of names, lets the sender choose the algorithm, and does not ask whom the message is
 * for: all of that is refused here.
 */
import { inflateRawSync } from 'node:zlib';
import { parse } from './metadata.ts';

export interface Redirected {
  readonly kind: 'LogoutRequest' | 'LogoutResponse';
  readonly id: string;
  readonly inResponseTo?: string;
  /** StatusCodes of a response, the outer one first. */
  readonly status: readonly string[];
  /** What node-saml wants. */
  readonly container: Readonly<Record<string, string>>;
}

const names = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature'];
const algorithms = /^http:\/\/www\.w3\.org\/2001\/04\/xmldsig-more#rsa-sha(256|384|512)$/;
const protocol = 'urn:oasis:names:tc:SAML:2.0:protocol';
const longest = 64 * 1024;
/** An IssueInstant further away than this is not of now, in milliseconds. */
const window = 5 * 60 * 1000;

/**
 * `query` as it came, without the question mark; `destination` is where it came to; `now` in milliseconds since the
 * epoch. Throws when it is nothing to be read. The signature is not checked yet.
 */
export function redirected(query: string, destination: string, now: number): Redirected {
  const container: Record<string, string> = {};
  for (const part of query.split('&')) {
    const [name = '', value = ''] = part.split('=', 2);
    // Spelled otherwise (SAML%52equest) or twice, one thing would be verified and another one read.
    if (!names.includes(name) || name in container) throw new Error(`${name} has no place in this message`);
    container[name] = decodeURIComponent(value.replaceAll('+', ' '));
  }
  const { SAMLRequest, SAMLResponse, SigAlg = '', Signature } = container;
  const encoded = SAMLRequest ?? SAMLResponse;
  if (!encoded || (SAMLRequest && SAMLResponse)) throw new Error('the address carries no single message');
  if (!Signature || !algorithms.test(SigAlg)) throw new Error('the message is not signed as it has to be');

  const xml = inflateRawSync(Buffer.from(encoded, 'base64'), { maxOutputLength: longest }).toString();
  const root = parse(xml).documentElement;
  const kind = SAMLRequest ? 'LogoutRequest' : 'LogoutResponse';
  if (root.namespaceURI !== protocol || root.localName !== kind) throw new Error(`the message is no ${kind}`);
  if (root.getAttribute('Destination') !== destination) throw new Error('the message is for another address');
  const issued = Date.parse(root.getAttribute('IssueInstant') ?? '');
  if (!(Math.abs(now - issued) < window)) throw new Error('the message is not of now');
  const inResponseTo = root.getAttribute('InResponseTo');
  const codes = Array.from(root.getElementsByTagNameNS(protocol, 'StatusCode'));
  return {
    kind,
    id: root.getAttribute('ID') ?? '',
    ...(inResponseTo ? { inResponseTo } : {}),
    status: codes.map((code) => code.getAttribute('Value') ?? ''),
    container,
  };
}
