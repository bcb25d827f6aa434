/** From a checked request to the one question the engine answers; past this file nobody reads ForceAuthn or IsPassive. Pure. */
import type { Ask } from '../../../domain/ask.ts';
import { type ContextClass, wantOf } from './context.ts';
import type { Ticket } from './ticket.ts';

export interface Asking {
  readonly ticket: Ticket;
  /** The classes that answer the requested context, not empty; undefined when none is requested, or the request is ignored. */
  readonly answers: readonly ContextClass[] | undefined;
  /** What the answer says of the person, each as the `from` of a rule. */
  readonly told: readonly string[];
  /** The session's user, when the request's Subject names them; `choose` when it names somebody else. */
  readonly subject?: string;
  readonly choose?: boolean;
}

export function askOf({ ticket, answers, told, subject, choose }: Asking): Ask {
  const { request, at } = ticket;
  const want = answers && wantOf(request?.context, answers);
  return {
    application: ticket.application,
    wants: want ? [want] : [],
    ...(request?.force ? { after: at, unaided: true } : {}),
    choose: choose === true || (request?.force === true && subject === undefined),
    passive: request?.passive === true,
    ...(subject === undefined ? {} : { subject }),
    keeps: true,
    shares: { items: sharedItems(told), again: false },
  };
}

/** What the person is asked to agree to, in the words every protocol's consent has. */
function sharedItems(told: readonly string[]): string[] {
  const item = (from: string) => (from === 'email' || from === 'groups' ? from : 'profile');
  const anonymous = ['subject-id', 'pairwise-id'];
  return ['openid', ...new Set(told.filter((from) => !anonymous.includes(from)).map(item))];
}
