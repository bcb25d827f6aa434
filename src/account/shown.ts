/** What the account pages show, read from the rooms that own it. Reads only. */
import type { Credential } from '../domain/credential.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { AccountParts } from './account.ts';
import { accountApplication } from './application.ts';
import { shows } from './standing.ts';

const SIGN_INS_SHOWN = 50;

/** The person's live sessions, this browser's first. */
export async function sessionsOf(parts: AccountParts, { user, sid }: Outcome) {
  const sessions = await parts.sessions.ofUser(user.id);
  return sessions
    .map(({ sid: id, agent, address, startedAt }) => ({ sid: id, agent, address, startedAt, here: id === sid }))
    .sort((a, b) => Number(b.here) - Number(a.here));
}

/** How well the account is protected, as treads: the methods held, in the order of what they stop. */
export const climb = ({ sources, now }: AccountParts, own: readonly Credential[]) =>
  own.filter((one) => !one.lost && shows(sources, one, now())).map(({ method, createdAt }) => ({ method, createdAt }));

/** The last sign-ins with why more was asked and what was proved. */
export async function signInsOf(parts: AccountParts, user: string) {
  const events = await parts.events.ofUser(user, SIGN_INS_SHOWN);
  return events
    .filter((event) => event.type === 'sign-in')
    .map(({ at, application, address, detail }) => ({
      at,
      application: namedFor(parts, application),
      address,
      silent: detail?.silent === true,
      proved: ((detail?.proved ?? []) as [string, number][]).map(([name, at]) => ({
        method: name.split(':', 1)[0],
        at,
      })),
      asked: ((detail?.asked ?? []) as string[][]).flat(),
      policies: policyNames(detail),
    }));
}

/** The applications the person shares details with. */
export async function applicationsOf(parts: AccountParts, user: string) {
  const consents = await parts.consents.ofUser(user);
  return consents.map((consent) => ({
    ...consent,
    name: parts.application(consent.application)?.name ?? consent.application,
  }));
}

/** Our own pages have no name of their own there: it is Stile that was signed in to. */
const namedFor = (parts: AccountParts, id: string | undefined) =>
  id && id !== accountApplication.id ? (parts.application(id)?.name ?? id) : undefined;

/** The names, at the time, of the policies that required something. */
function policyNames(detail: Readonly<Record<string, unknown>> | undefined): string[] {
  const required = ((detail?.required ?? []) as { policies: string[] }[]).flatMap((one) => one.policies);
  const names = new Map(
    ((detail?.trace ?? []) as { policy: string; name: string }[]).map((line) => [line.policy, line.name]),
  );
  return [...new Set(required)].map((id) => names.get(id) ?? id);
}
