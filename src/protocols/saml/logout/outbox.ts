/**
 * Messages of single logout on their way out: signed, and taken by the browser by HTTP-Redirect or as a form
 * (saml-bindings-2.0-os sections 3.4 and 3.5).
 */
import { deflateRawSync } from 'node:zlib';
import type { SamlKeys } from '../keys/keys.ts';
import type { MessageName } from '../messages/binding.ts';
import { Unanswerable } from '../messages/receiving.ts';
import type { Status } from '../messages/status.ts';
import { binding, status } from '../names.ts';
import type { Parties, Party } from '../providers/parties.ts';
import type { ServiceProvider } from '../providers/provider.ts';
import { signed, signedQuery, type Unsigned } from '../xml/signature.ts';
import { logoutRequest } from './logout-request.ts';
import { logoutResponse } from './logout-response.ts';
import { type Answer, type Round, requestId } from './round.ts';

/** What the browser does with it. */
export type Sent =
  | { readonly kind: 'go'; readonly to: string }
  | {
      readonly kind: 'form';
      /** The service provider's name. */
      readonly application: string;
      readonly action: string;
      readonly fields: Readonly<Record<string, string>>;
    }
  /** There is no address to answer at, and nothing but good news. */
  | { readonly kind: 'signed-out' };

export interface Address {
  readonly binding: string;
  /** Where requests go, and where answers do. */
  readonly location: string;
  readonly responseLocation: string;
}

/** Where this service provider takes messages of single logout: by HTTP-Redirect if it can be, which needs no page. */
export function logoutAddress({ logout }: Pick<ServiceProvider, 'logout'>): Address | undefined {
  const [one] = [binding.redirect, binding.post].flatMap(
    (by) => logout.find((endpoint) => endpoint.binding === by) ?? [],
  );
  return one && { ...one, responseLocation: one.responseLocation ?? one.location };
}

export interface OutboxParts {
  /** Our entityID. */
  readonly entityId: string;
  readonly parties: Parties;
  readonly keys: Pick<SamlKeys, 'signer'>;
  readonly now: () => number;
}

export class Outbox {
  readonly #parts: OutboxParts;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** The LogoutRequest of a stop; undefined when it has no address. */
  ask(round: Round, at: number): Sent | undefined {
    const { parties, entityId, now } = this.#parts;
    const stop = round.stops[at];
    const party = stop && parties.byApplication(stop.application);
    const address = party && logoutAddress(party.provider);
    if (!address) return undefined;
    const message = { id: requestId(round, at), issuer: entityId, destination: address.location, now: now() };
    return this.#sent(logoutRequest(message, stop), 'SAMLRequest', party, address.binding, address.location);
  }

  /** The LogoutResponse. Throws Unanswerable when there is bad news and no address for it. */
  answer({ application, request, relayState }: Answer, said: Status): Sent {
    const { parties, entityId, now } = this.#parts;
    const party = parties.byApplication(application);
    const address = party && logoutAddress(party.provider);
    if (!address) {
      if (said.top === status.success) return { kind: 'signed-out' };
      throw new Unanswerable(said.message ?? said.top, party?.application.name);
    }
    const { responseLocation: to } = address;
    const message = { issuer: entityId, destination: to, inResponseTo: request, now: now() };
    return this.#sent(logoutResponse(message, said), 'SAMLResponse', party, address.binding, to, relayState);
  }

  #sent(message: Unsigned, as: MessageName, party: Party, by: string, to: string, relayState?: string): Sent {
    const signer = this.#parts.keys.signer(party.options.algorithm);
    const relayed = relayState === undefined ? undefined : { RelayState: relayState };
    if (by === binding.post) {
      const document = Buffer.from(`${signed(message, signer)}`).toString('base64');
      const { name: application } = party.application;
      return { kind: 'form', application, action: to, fields: { [as]: document, ...relayed } };
    }
    const deflated = deflateRawSync(`${message.head}${message.rest}`).toString('base64');
    const named = as === 'SAMLRequest' ? { SAMLRequest: deflated } : { SAMLResponse: deflated };
    return { kind: 'go', to: `${to}${to.includes('?') ? '&' : '?'}${signedQuery({ ...named, ...relayed }, signer)}` };
  }
}
