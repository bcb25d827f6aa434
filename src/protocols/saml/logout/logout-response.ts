/** LogoutResponse (saml-core-2.0-os sections 3.2.2 and 3.7.2): read and written. Pure but for the ids. */
import { bad, type Envelope, readEnvelope } from '../messages/envelope.ts';
import type { Status } from '../messages/status.ts';
import { newId, statusElement, time } from '../messages/writing.ts';
import { ns, status as statusCode } from '../names.ts';
import { xml } from '../xml/canonical.ts';
import { childOf, type XmlElement } from '../xml/element.ts';
import type { Unsigned } from '../xml/signature.ts';

export interface LogoutResponse extends Envelope {
  readonly inResponseTo: string;
  /** The session has ended there, and wherever it led from there. */
  readonly ok: boolean;
}

/** Throws UnreadableXml. */
export function readLogoutResponse(root: XmlElement): LogoutResponse {
  const envelope = readEnvelope(root, 'LogoutResponse');
  const inResponseTo = root.attributes.InResponseTo ?? bad('InResponseTo is missing');
  const status = childOf(root, ns.protocol, 'Status') ?? bad('Status is missing');
  const top = childOf(status, ns.protocol, 'StatusCode') ?? bad('StatusCode is missing');
  const second = childOf(top, ns.protocol, 'StatusCode');
  return {
    ...envelope,
    inResponseTo,
    ok: top.attributes.Value === statusCode.success && second?.attributes.Value !== statusCode.partialLogout,
  };
}

/** Ready to be signed. */
export function logoutResponse(
  message: {
    readonly issuer: string;
    readonly destination: string;
    readonly inResponseTo: string;
    readonly now: number;
  },
  status: Status,
): Unsigned {
  const { issuer, destination, inResponseTo, now } = message;
  const id = newId();
  return {
    id,
    head: xml`<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="${destination}" ID="${id}" InResponseTo="${inResponseTo}" IssueInstant="${time(now)}" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${issuer}</saml:Issuer>`,
    rest: xml`${statusElement(status)}</samlp:LogoutResponse>`,
  };
}
