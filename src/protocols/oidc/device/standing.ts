/** Where a browser stands between a code and a decision. Asks the engine, writes nothing but a walk begun anew. */
import type { Assurance } from '../../../authentication/assurance.ts';
import type { Authentication, Browser, Walk } from '../../../authentication/authentication.ts';
import type { Subjects } from '../../../authentication/subjects.ts';
import type { Application } from '../../../domain/application.ts';
import type { Outcome } from '../../../domain/outcome.ts';
import type { RefusalCode } from '../../../domain/refusal.ts';
import type { User } from '../../../domain/user.ts';
import { requestedSubject } from '../ask.ts';
import type { Clients } from '../clients.ts';
import type { Requested, Resources } from '../resources.ts';
import { deviceAsk } from './ask.ts';
import type { DeviceCodes, Pending } from './codes.ts';

export const askerName = 'device';
const grantType = 'urn:ietf:params:oauth:grant-type:device_code';

/** A request nobody has decided about, of an application that may still make it. */
export interface Open {
  readonly pending: Pending;
  readonly application: Application;
}

export type Standing =
  | { readonly kind: 'gone' }
  | { readonly kind: 'go'; readonly to: string }
  | (Open & { readonly kind: 'refused'; readonly code: RefusalCode })
  | (Open & { readonly kind: 'here'; readonly walk: Walk; readonly outcome: Outcome });

export interface StandingParts {
  readonly codes: DeviceCodes;
  readonly clients: Clients;
  readonly authentication: Authentication;
  readonly assurance: Assurance;
  readonly subjects: Subjects;
  readonly resources: Pick<Resources, 'among' | 'requested' | 'admin' | 'mayAdminister'>;
  readonly now: () => number;
}

/** The code a walk is about, in its normal form. */
export const codeOf = (walk: Walk): string => (JSON.parse(walk.ticket) as { code: string }).code;

export class Standings {
  readonly #parts: StandingParts;

  constructor(parts: StandingParts) {
    this.#parts = parts;
  }

  /** `quiet`: nothing is let through by this look, so nothing goes on record. */
  async of(browser: Browser, id: string, quiet: boolean): Promise<Standing> {
    const { authentication } = this.#parts;
    const walk = await authentication.walk(browser, id, askerName);
    if (!walk) return { kind: 'gone' };
    if (!walk.end) return { kind: 'go', to: `/signin/${id}` };
    const open = await this.open(codeOf(walk));
    if (!open) return { kind: 'gone' };
    if ('refusal' in walk.end) return { kind: 'refused', ...open, code: walk.end.refusal };
    if (!this.#wanted(walk.end.user, open.pending)) return { kind: 'refused', ...open, code: 'other-person' };
    const evaluation = await authentication.evaluate(browser, walk.ask, { walk: id, quiet });
    if (evaluation.kind === 'done' && (await this.#mayHave(evaluation.outcome.user, open.pending)))
      return { kind: 'here', walk, ...open, outcome: evaluation.outcome };
    if (evaluation.kind === 'done' || evaluation.refusal === 'denied')
      return { kind: 'refused', ...open, code: 'denied' };
    // Signed out, or somebody else signed in, since the walk ended: the person signs in again.
    await authentication.forget(id);
    return { kind: 'go', to: await this.begin(browser, codeOf(walk), open) };
  }

  async open(code: string): Promise<Open | undefined> {
    const pending = await this.#parts.codes.pending(code);
    const application = pending && this.#parts.clients.application(pending.request.clientId);
    const grants = application?.settings.grant_types as readonly string[] | undefined;
    return pending && application && grants?.includes(grantType) ? { pending, application } : undefined;
  }

  /** Where the sign-in is. Throws what deviceAsk throws. */
  async begin(browser: Browser, code: string, { pending, application }: Open): Promise<string> {
    const { authentication, assurance, now } = this.#parts;
    const { params, deviceInfo } = pending.request;
    const pairwise = deviceInfo.sector !== undefined;
    const ask = deviceAsk({
      ...{ application, params, asked: deviceInfo.at, now: now(), pairwise, assurance },
      resources: this.resources(pending),
    });
    return (await authentication.begin(browser, ask, { asker: askerName, ticket: JSON.stringify({ code }) })).path;
  }

  resources({ request: { clientId, params, deviceInfo } }: Pending): Requested[] {
    const asked = new Set(String(params.scope ?? '').split(' '));
    return this.#parts.resources.among(deviceInfo.resources, asked, clientId);
  }

  /** Our own API is for those who have a role in it. */
  async #mayHave(user: User, pending: Pending): Promise<boolean> {
    const { resources } = this.#parts;
    const administers = this.resources(pending).some(({ resource }) => resource === resources.admin);
    return !administers || (await resources.mayAdminister({ user }));
  }

  /** Whether the request may be answered about this person: whoever it is, unless it names somebody. */
  #wanted(user: string, { request: { params, deviceInfo } }: Pending): boolean {
    const sub = requestedSubject(params);
    const own = deviceInfo.sector === undefined ? user : this.#parts.subjects.pairwise(user, deviceInfo.sector);
    return sub === undefined || sub === own;
  }
}
