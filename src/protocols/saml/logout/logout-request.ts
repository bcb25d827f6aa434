/** LogoutRequest (saml-core-2.0-os section 3.7.1): read, held against what a session noted, and written. Pure. */

import {
  bad,
  type Envelope,
  instantOf,
  type NameId,
  nameIdOf,
  optional,
  readEnvelope,
  soleText,
} from '../messages/envelope.ts';
import { nameIdElement, time } from '../messages/writing.ts';
import { nameIdFormat, ns } from '../names.ts';
import { attribute, xml } from '../xml/canonical.ts';
import { childOf, childrenOf, type XmlElement } from '../xml/element.ts';
import type { Unsigned } from '../xml/signature.ts';

export interface LogoutRequest extends Envelope {
  readonly nameId: NameId;
  /** Which sessions; empty means any. */
  readonly sessionIndexes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notOnOrAfter?: number;
}

/** Throws UnreadableXml. */
export function readLogoutRequest(root: XmlElement): LogoutRequest {
  const envelope = readEnvelope(root, 'LogoutRequest');
  const others = ['BaseID', 'EncryptedID'].filter((name) => childOf(root, ns.assertion, name));
  if (others.length > 0) bad(`the person is named by ${others[0]}: only a NameID is read`);
  const nameId = childOf(root, ns.assertion, 'NameID') ?? bad('there is no NameID');
  const { NotOnOrAfter: until } = root.attributes;
  return {
    ...envelope,
    nameId: nameIdOf(nameId),
    sessionIndexes: childrenOf(root, ns.protocol, 'SessionIndex').map((one) => soleText(one, 'SessionIndex')),
    ...optional('notOnOrAfter', until === undefined ? undefined : instantOf(until, 'NotOnOrAfter')),
  };
}

/** What one service provider knows a session by. */
export interface Known {
  readonly nameId: NameId;
  readonly sessionIndex: string;
}

/** Both ends of the name, as qualifiers default to them. */
export interface Ends {
  readonly provider: string;
  readonly entityId: string;
}

/**
 * Whether the request means this session: the name we gave that service provider, letter by letter. What it leaves out
 * stands for what it would say (sections 3.3.4 and 8.3.7); what it says must be so.
 */
export function means(
  { nameId, sessionIndexes }: Pick<LogoutRequest, 'nameId' | 'sessionIndexes'>,
  known: Known,
  { provider, entityId }: Ends,
): boolean {
  const { value, format = nameIdFormat.unspecified, nameQualifier, spNameQualifier } = nameId;
  return (
    value === known.nameId.value &&
    (format === nameIdFormat.unspecified || format === known.nameId.format) &&
    (nameQualifier === undefined || nameQualifier === entityId) &&
    (spNameQualifier === undefined || spNameQualifier === provider) &&
    (sessionIndexes.length === 0 || sessionIndexes.includes(known.sessionIndex))
  );
}

/** A browser brings it at once, or not at all. */
const LIFE_MS = 5 * 60_000;

/** Ready to be signed. */
export function logoutRequest(
  message: { readonly id: string; readonly issuer: string; readonly destination: string; readonly now: number },
  { nameId, sessionIndex }: Known,
): Unsigned {
  const { id, issuer, destination, now } = message;
  return {
    id,
    head: xml`<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="${destination}" ID="${id}" IssueInstant="${time(now)}" NotOnOrAfter="${time(now + LIFE_MS)}" Reason="urn:oasis:names:tc:SAML:2.0:logout:user" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${issuer}</saml:Issuer>`,
    rest: xml`${nameIdElement(nameId, attribute('xmlns:saml', ns.assertion))}<samlp:SessionIndex>${sessionIndex}</samlp:SessionIndex></samlp:LogoutRequest>`,
  };
}
