/**
 * What every message from a service provider has to pass before anybody looks at what it wants (saml-bindings-2.0-os
 * sections 3.4.5 and 3.5.5, saml-core-2.0-os section 3.2): limits, form, sender, signature, address, time. In this order,
 * so that junk costs little. Pure: `now` comes in.
 */

import type { Parties, Party } from '../providers/parties.ts';
import { UnreadableXml, type XmlElement } from '../xml/element.ts';
import { BadSignature, isSigned, readXml, verifiedXml } from '../xml/reading.ts';
import type { Message } from './binding.ts';
import { querySignatureHolds, UnreadableMessage } from './binding.ts';
import { type Envelope, readEnvelope } from './envelope.ts';

/** A message that gets a page of ours and nothing else, because where an answer could go is not proved. */
export class Unanswerable extends Error {
  /** The service provider's name, when we know it. */
  readonly application: string | undefined;
  constructor(why: string, application?: string) {
    super(why);
    this.application = application;
  }
}

export interface Received<T> {
  readonly party: Party;
  /** What it says: of a signed message, what the signature covers. */
  readonly said: T;
}

export interface Receiving<T> {
  /** The name of the message's root element. */
  readonly name: string;
  /** Reads it. Throws UnreadableXml. */
  readonly read: (root: XmlElement) => T;
  /** Our address it has to be meant for. */
  readonly endpoint: string;
  readonly parties: Parties;
  /** Whether a message without a signature is refused, whatever metadata says. */
  readonly mustBeSigned: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Clocks differ (saml2int G01), and a request waits while a person reads a page. */
export const SKEW_MS = 5 * 60_000;
const LONGEST_WAY_MS = 5 * 60_000;

/** How long what came by POST, and was believed, waits for a GET of ours, in seconds. */
export const WAITING_SECONDS = 300;

/**
 * How long a message's ID has to be remembered, in seconds: as long as its IssueInstant is believed, and then as long as
 * another copy, posted at the last moment, may wait; a minute more, so that no clock's rounding lies in between.
 */
export const REPLAY_SECONDS = (2 * SKEW_MS + LONGEST_WAY_MS) / 1000 + WAITING_SECONDS + 60;

/** Throws Unanswerable. */
export function receive<T extends Envelope>(message: Message, receiving: Receiving<T>): Received<T> {
  try {
    const root = readXml(message.text);
    const { issuer } = readEnvelope(root, receiving.name);
    const party = receiving.parties.byEntityId(issuer);
    if (!party) throw new Unanswerable(`no service provider is known as ${issuer}`);
    try {
      return { party, said: checked(message, root, party, receiving) };
    } catch (error) {
      throw expected(error) ? new Unanswerable((error as Error).message, party.application.name) : error;
    }
  } catch (error) {
    throw expected(error) ? new Unanswerable((error as Error).message) : error;
  }
}

const expected = (error: unknown): boolean =>
  error instanceof UnreadableXml || error instanceof UnreadableMessage || error instanceof BadSignature;

function checked<T extends Envelope>(message: Message, root: XmlElement, party: Party, receiving: Receiving<T>): T {
  const signed = message.signature !== undefined || isSigned(root);
  if (!signed && (receiving.mustBeSigned || party.provider.authnRequestsSigned))
    throw new BadSignature('the message has to be signed, and is not');
  // The cheap checks come before the signature: what fails them is refused either way.
  checkWay(readEnvelope(root, receiving.name), signed, receiving);
  const said = receiving.read(signed ? coveredBySignature(message, root, party) : root);
  if (said.issuer !== party.provider.entityId) throw new BadSignature('the signature covers another Issuer');
  checkWay(said, signed, receiving);
  return said;
}

function coveredBySignature(message: Message, root: XmlElement, { provider, options }: Party): XmlElement {
  const { signingKeys } = provider;
  const { acceptSha1 } = options;
  if (signingKeys.length === 0) throw new BadSignature('its metadata has no key to check the signature with');
  if (message.binding === 'post') return verifiedXml(message.text, root, signingKeys, acceptSha1);
  // A message of the Redirect binding is signed by its query alone (section 3.4.4.1).
  if (isSigned(root)) throw new BadSignature('a message in a query must not be signed as XML');
  if (!message.signature || !querySignatureHolds(message.signature, signingKeys, acceptSha1))
    throw new BadSignature('the signature does not hold for any known key');
  return root;
}

function checkWay(
  { destination, issuedAt }: Envelope,
  signed: boolean,
  { endpoint, now }: Pick<Receiving<Envelope>, 'endpoint' | 'now'>,
): void {
  if (destination === undefined ? signed : destination !== endpoint)
    throw new UnreadableMessage(`Destination is not ${endpoint}`);
  if (issuedAt > now + SKEW_MS) throw new UnreadableMessage('IssueInstant lies in the future: compare the clocks');
  if (issuedAt < now - SKEW_MS - LONGEST_WAY_MS)
    throw new UnreadableMessage('IssueInstant is too long ago: start again at the application, or compare the clocks');
}
