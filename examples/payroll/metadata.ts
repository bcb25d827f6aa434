/** Reads Stile's metadata: where it signs people in and out, and which certificates its signatures are checked with. */
import { DOMParser } from '@xmldom/xmldom';

export interface IdentityProvider {
  readonly entityId: string;
  /** SingleSignOnService by HTTP-Redirect. */
  readonly signIn: string;
  /** SingleLogoutService by HTTP-Redirect, and where it takes LogoutResponses; absent if it has none. */
  readonly logout?: { readonly request: string; readonly response: string };
  /** Every certificate for signing, base64 of DER. There are two while Stile changes its key. */
  readonly certificates: readonly string[];
}

const ns = { md: 'urn:oasis:names:tc:SAML:2.0:metadata', ds: 'http://www.w3.org/2000/09/xmldsig#' };
const redirect = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** Fetches and reads it. Throws when it cannot be had, is out of date, or does not say what is needed. */
export async function fetchMetadata(address: string): Promise<IdentityProvider> {
  const { protocol, hostname } = new URL(address);
  // Whoever can change this document can sign in as anybody. What vouches for it is TLS, or that it never leaves this machine.
  if (protocol !== 'https:' && !loopback.test(hostname)) throw new Error(`${address} is not https`);
  const response = await fetch(address, { signal: AbortSignal.timeout(5_000), redirect: 'error' });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return readMetadata(await response.text(), Date.now());
}

/** `now` in milliseconds since the epoch. */
export function readMetadata(xml: string, now: number): IdentityProvider {
  const root = parse(xml).documentElement;
  const entityId = root.getAttribute('entityID');
  if (root.localName !== 'EntityDescriptor' || !entityId) throw new Error('the metadata is about no single entity');
  const validUntil = root.getAttribute('validUntil');
  if (validUntil && !(Date.parse(validUntil) > now)) throw new Error(`the metadata was valid until ${validUntil}`);

  const role = root.getElementsByTagNameNS(ns.md, 'IDPSSODescriptor')[0];
  const endpoint = (name: string) =>
    Array.from(role?.getElementsByTagNameNS(ns.md, name) ?? []).find((one) => one.getAttribute('Binding') === redirect);
  const certificates = Array.from(role?.getElementsByTagNameNS(ns.md, 'KeyDescriptor') ?? [])
    .filter((key) => key.getAttribute('use') !== 'encryption')
    .flatMap((key) => Array.from(key.getElementsByTagNameNS(ns.ds, 'X509Certificate')))
    .map((certificate) => certificate.textContent?.replace(/\s/g, '') ?? '');
  const signIn = endpoint('SingleSignOnService')?.getAttribute('Location');
  if (!signIn || certificates.length === 0) throw new Error('the metadata names no HTTP-Redirect sign-in, or no key');

  const leave = endpoint('SingleLogoutService');
  const request = leave?.getAttribute('Location');
  const response = leave?.getAttribute('ResponseLocation') || request;
  return { entityId, signIn, certificates, ...(request && response ? { logout: { request, response } } : {}) };
}

/** Strictly: what is not well formed, or declares entities, is not read. */
export function parse(xml: string): Document {
  if (/<!DOCTYPE/i.test(xml)) throw new Error('a DOCTYPE has no place in SAML');
  const refuse = (message: string) => {
    throw new Error(message);
  };
  return new DOMParser({ errorHandler: { warning: refuse, error: refuse, fatalError: refuse } }).parseFromString(
    xml,
    'text/xml',
  );
}
