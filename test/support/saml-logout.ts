/** Single logout as a service provider of the tests does it: what it sends, and how it reads what Stile sends, which has to please others. */
import { inflateRawSync } from 'node:zlib';
import { SAML } from '@node-saml/node-saml';
import { DOMParser } from '@xmldom/xmldom';
import { binding, ns } from '../../src/protocols/saml/names.ts';
import type { Page } from './person.ts';
import type { Answer } from './saml-answer.ts';
import { certificateOf } from './saml-keys.ts';
import {
  freshId,
  type Leaving,
  type Left,
  logoutRequest,
  logoutResponse,
  redirectQuery,
  type Signing,
  signedXml,
} from './saml-messages.ts';
import type { Sending, ServiceProvider, Start } from './saml-sp.ts';
import { schemaErrors } from './schemas.ts';
import { xmlsecVerifies } from './xmlsec.ts';

/** What a session of a service provider knows of the person, for its LogoutRequest. */
export const known = ({ nameId, format, spNameQualifier, sessionIndex }: Answer): Leaving => ({
  nameId,
  format,
  spNameQualifier,
  ...(sessionIndex === undefined ? {} : { sessionIndexes: [sessionIndex] }),
});

/** A LogoutRequest, ready to be sent. */
export function leave(sp: ServiceProvider, leaving: Leaving & Sending): Start {
  const { by = 'redirect', id = freshId() } = leaving;
  const to = new URL(sp.provider.logout(by === 'post' ? binding.post : binding.redirect) as string);
  const { issuer = sp.metadata.entityId, destination = to.href } = leaving;
  return { id, ...carried(sp, logoutRequest({ ...leaving, id, issuer, destination }), 'SAMLRequest', to, leaving) };
}

/** A LogoutResponse, ready to be sent. */
export function left(sp: ServiceProvider, answer: Left & Sending): Start {
  const { by = 'redirect', id = freshId() } = answer;
  const to = new URL(sp.provider.logout(by === 'post' ? binding.post : binding.redirect) as string);
  const { issuer = sp.metadata.entityId, destination = to.href } = answer;
  return { id, ...carried(sp, logoutResponse({ ...answer, id, issuer, destination }), 'SAMLResponse', to, answer) };
}

function carried(sp: ServiceProvider, xml: string, name: string, to: URL, sending: Sending): Omit<Start, 'id'> {
  const { by = 'redirect', relayState, sign = true } = sending;
  const signing: Signing | undefined =
    sign === false ? undefined : { pair: sp.signing[0]!, ...(sign === true ? {} : sign) };
  const relayed = relayState === undefined ? {} : { relayState };
  if (by === 'redirect') {
    const query = redirectQuery(xml, { name, ...relayed, ...(signing ? { signing } : {}) });
    return { to: new URL(`${to.href}?${query}`), xml };
  }
  const message = signing ? signedXml(xml, signing) : xml;
  const fields = {
    [name]: Buffer.from(message).toString('base64'),
    ...(relayState === undefined ? {} : { RelayState: relayState }),
  };
  return { to, xml: message, init: { method: 'POST', body: new URLSearchParams(fields) } };
}

/** What Stile says to a service provider about leaving. */
export interface Said {
  readonly kind: 'LogoutRequest' | 'LogoutResponse';
  readonly id: string;
  readonly inResponseTo: string | null;
  readonly status: readonly string[];
  readonly nameId: string | undefined;
  readonly sessionIndexes: readonly string[];
  readonly relayState: string | undefined;
  readonly by: 'redirect' | 'post';
  readonly xml: string;
}

/** Reads what the browser brings to this service provider, to this address of it; schemas, xmlsec1 and node-saml have to agree. */
export async function brought(sp: ServiceProvider, page: Page, at: string): Promise<Said> {
  const carried = page.delivery?.fields ?? Object.fromEntries(page.url.searchParams);
  const encoded = carried.SAMLRequest ?? carried.SAMLResponse;
  if (encoded === undefined) throw new Error(`stopped at ${page.url}: ${page.status} ${page.heading}`);
  const by = page.delivery ? 'post' : 'redirect';
  const to = page.delivery?.action.href ?? page.url.href.slice(0, page.url.href.search(/[?&]SAMLRe/));
  expect(to).toBe(at);
  const bytes = Buffer.from(encoded, 'base64');
  const xml = (by === 'post' ? bytes : inflateRawSync(bytes)).toString();
  expect(schemaErrors(xml)).toEqual([]);
  await accepted(sp, carried, page.url, by, xml);
  const root = new DOMParser().parseFromString(xml, 'text/xml').documentElement!;
  const all = (space: string, name: string) => Array.from(root.getElementsByTagNameNS(space, name));
  expect(root.getAttribute('Destination')).toBe(at);
  return {
    kind: root.localName as Said['kind'],
    id: root.getAttribute('ID') as string,
    inResponseTo: root.getAttribute('InResponseTo'),
    status: all(ns.protocol, 'StatusCode').map((one) => one.getAttribute('Value')!.split(':').at(-1) as string),
    nameId: all(ns.assertion, 'NameID')[0]?.textContent ?? undefined,
    sessionIndexes: all(ns.protocol, 'SessionIndex').map((one) => one.textContent ?? ''),
    relayState: carried.RelayState,
    by,
    xml,
  };
}

interface Judge {
  /** Throws when it does not hold. */
  hasValidSignatureForRedirect(carried: Record<string, string>, query: string): Promise<unknown>;
}

/** By xmlsec1 where the document is signed, and by node-saml either way. */
async function accepted(
  sp: ServiceProvider,
  carried: Readonly<Record<string, string>>,
  url: URL,
  by: Said['by'],
  xml: string,
): Promise<void> {
  const { certificates, entityId } = sp.provider;
  const saml = new SAML({
    issuer: sp.metadata.entityId,
    callbackUrl: sp.consumer,
    idpCert: certificates.map(certificateOf),
    idpIssuer: entityId,
    wantAuthnResponseSigned: true,
  });
  const isRequest = carried.SAMLRequest !== undefined;
  const name = isRequest ? 'samlp:LogoutRequest' : 'samlp:LogoutResponse';
  if (by === 'post') {
    const holds = await Promise.all(certificates.map((one) => xmlsecVerifies(xml, certificateOf(one), name)));
    expect(holds).toContain(true);
    await (isRequest ? saml.validatePostRequestAsync({ ...carried }) : saml.validatePostResponseAsync({ ...carried }));
    return;
  }
  expect(Object.keys(carried).filter((one) => one === 'Signature' || one === 'SigAlg')).toHaveLength(2);
  const query = url.search.slice(1);
  // A no it reads before it looks at the signature.
  await (saml as unknown as Judge).hasValidSignatureForRedirect({ ...carried }, query);
  if (isRequest || xml.includes('status:Success')) await saml.validateRedirectAsync({ ...carried }, query);
}
