/** A request that passed every check, as it waits while the person walks: the walk's ticket. */

import type { ServiceProvider } from '../providers/provider.ts';
import type { AuthnRequest } from './authn-request.ts';

export interface Ticket {
  /** Application id. */
  readonly application: string;
  /** Absent when nobody asked: a sign-in that began here. */
  readonly request?: AuthnRequest;
  /** The AssertionConsumerService the answer goes to: one of those in metadata. */
  readonly consumer: string;
  readonly relayState?: string;
  /** When it arrived, in milliseconds since the epoch. */
  readonly at: number;
}

/** Where the answer goes (saml-core-2.0-os section 3.4.1); undefined for what metadata does not have. */
export function consumerFor(
  request: Pick<AuthnRequest, 'consumerUrl' | 'consumerIndex'> | undefined,
  { assertionConsumers }: Pick<ServiceProvider, 'assertionConsumers'>,
): string | undefined {
  const { consumerUrl: url, consumerIndex: index } = request ?? {};
  if (url !== undefined && index !== undefined) return undefined;
  if (url !== undefined) return assertionConsumers.find((one) => one.location === url)?.location;
  if (index !== undefined) return assertionConsumers.find((one) => one.index === index)?.location;
  return assertionConsumers.find((one) => one.isDefault)?.location;
}

export const writeTicket = (ticket: Ticket): string => JSON.stringify(ticket);
export const readTicket = (text: string): Ticket => JSON.parse(text) as Ticket;
