/**
 * The person's side of a device's request: a code is entered, the engine walks the person through a fresh sign-in, and
 * then they decide about what this device wants (RFC 8628 section 3.3). The engine is asked again when they approve, so
 * that a wrong page flow can never issue anything.
 */
import type { Assurance } from '../../../authentication/assurance.ts';
import { networkOf } from '../../../authentication/attempts.ts';
import type { Authentication, Browser, Walk } from '../../../authentication/authentication.ts';
import type { Sessions } from '../../../authentication/sessions.ts';
import type { Application } from '../../../domain/application.ts';
import type { Outcome } from '../../../domain/outcome.ts';
import type { RefusalCode } from '../../../domain/refusal.ts';
import { Refusal } from '../../../domain/refusal.ts';
import type { User } from '../../../domain/user.ts';
import { assertionOf } from '../acr.ts';
import { MalformedClaims, requestedAcr, requestedSubject } from '../ask.ts';
import type { Clients } from '../clients.ts';
import { oauthError } from '../refusals.ts';
import type { Requested, Resources } from '../resources.ts';
import { currentVisit } from '../visit.ts';
import { deviceAsk, deviceAssurance } from './ask.ts';
import type { DeviceCodes, DeviceInfo, Pending } from './codes.ts';
import { type GrantingParts, grantTo } from './grant.ts';
import { displayed } from './user-code.ts';

export const askerName = 'device';
export const grantType = 'urn:ietf:params:oauth:grant-type:device_code';

export interface DecidingParts extends GrantingParts {
  readonly codes: DeviceCodes;
  readonly clients: Clients;
  readonly authentication: Authentication;
  readonly assurance: Assurance;
  readonly resources: Pick<Resources, 'among' | 'requested' | 'admin' | 'mayAdminister'>;
  readonly sessions: Pick<Sessions, 'load' | 'participate'>;
  /** Somebody decided about a request; awaited before the device learns of it. */
  readonly onDecided: (decision: Decision) => Promise<void>;
}

export interface Decision {
  readonly type: 'device.approved' | 'device.denied';
  readonly application: Application;
  readonly device: DeviceInfo;
  readonly outcome?: Outcome;
  readonly refusal?: RefusalCode;
}

/** What the person decides about. */
export interface Shown {
  readonly code: string;
  readonly application: string;
  readonly items: readonly string[];
  readonly device: DeviceInfo;
  /** The device is where this browser is, as far as addresses tell. */
  readonly near: boolean;
  /** Whom the device would act for. */
  readonly username: string;
}

type Standing =
  | { readonly kind: 'gone' }
  | { readonly kind: 'go'; readonly to: string }
  | { readonly kind: 'refused'; readonly pending: Pending; readonly application: Application; code: RefusalCode }
  | {
      readonly kind: 'here';
      readonly walk: Walk;
      readonly pending: Pending;
      readonly application: Application;
      readonly outcome: Outcome;
    };

/** `go` leads to the next page, `gone` has none. */
export type Look = { readonly kind: 'gone' } | { kind: 'go'; to: string } | { kind: 'page'; shown: Shown };

export const doneAt = (how: 'approved' | 'denied'): string => `/device?said=${how}`;

export class Deciding {
  readonly #parts: DecidingParts;

  constructor(parts: DecidingParts) {
    this.#parts = parts;
  }

  /** A code was entered. Where the sign-in is; undefined when the code stands for nothing (any more). */
  async enter(browser: Browser, code: string): Promise<string | undefined> {
    const pending = await this.#parts.codes.pending(code);
    const application = pending && this.#application(pending);
    if (!pending || !application) return undefined;
    try {
      return await this.#begin(browser, code, pending, application);
    } catch (error) {
      // Refused at once when the device asked; what may be asked has changed since.
      if (error instanceof Refusal || error instanceof MalformedClaims) return undefined;
      throw error;
    }
  }

  /** The browser comes back from its sign-in, or looks again. */
  async look(browser: Browser, id: string): Promise<Look> {
    const standing = await this.#stand(browser, id, true);
    if (standing.kind === 'refused') return { kind: 'go', to: await this.#refuse(id, standing, standing.code) };
    if (standing.kind !== 'here') return standing;
    const { pending, application, outcome, walk } = standing;
    const device = pending.request.deviceInfo;
    return {
      kind: 'page',
      shown: {
        code: displayed(codeOf(walk)),
        application: application.name,
        items: walk.ask.shares?.items ?? [],
        device,
        near: networkOf(device.address) === networkOf(browser.address),
        username: outcome.user.username,
      },
    };
  }

  /** The person's yes or no. Where they go next; undefined when there is nothing to decide any more. */
  async decide(browser: Browser, id: string, yes: boolean): Promise<string | undefined> {
    const standing = await this.#stand(browser, id, !yes);
    if (standing.kind === 'gone') return undefined;
    if (standing.kind === 'go') return standing.to;
    if (standing.kind === 'refused') return this.#refuse(id, standing, standing.code);
    if (!yes) return this.#refuse(id, standing, 'denied', standing.outcome);
    return this.#approve(browser, id, standing);
  }

  async #approve(
    browser: Browser,
    id: string,
    { pending, application, outcome }: Extract<Standing, { kind: 'here' }>,
  ): Promise<string | undefined> {
    const { codes, sessions, authentication, assurance, onDecided } = this.#parts;
    const { params, clientId, deviceInfo } = pending.request;
    const session = await sessions.load(browser.session);
    if (!session || session.sid !== outcome.sid || !(await codes.claim(pending))) return undefined;
    // Grants are read out of the session this request is in.
    currentVisit().session = session;
    const resources = this.#resources(pending);
    const grant = await grantTo({ session, application, clientId, params, resources }, this.#parts);
    await authentication.forget(id);
    if (!grant) {
      await codes.answer(pending, said('denied'));
      return undefined;
    }
    // A resource is told by the name it knows, unless the client asked for another.
    const wanted = [...requestedAcr(params).names, ...resources.flatMap(({ acr }) => acr ?? [])];
    const { acr, amr, authTime } = assertionOf(outcome.evidence, wanted, deviceAssurance(application, assurance));
    await onDecided({ type: 'device.approved', application, device: deviceInfo, outcome });
    await codes.answer(pending, {
      ...grant,
      accountId: outcome.user.id,
      ...(acr === undefined ? {} : { acr }),
      amr: [...amr],
      authTime,
    });
    return doneAt('approved');
  }

  async #refuse(
    id: string,
    { pending, application }: { pending: Pending; application: Application },
    code: RefusalCode,
    outcome?: Outcome,
  ): Promise<string> {
    const { codes, authentication, onDecided } = this.#parts;
    await authentication.forget(id);
    if (await codes.claim(pending)) {
      const device = pending.request.deviceInfo;
      await onDecided({
        type: 'device.denied',
        application,
        device,
        refusal: code,
        ...(outcome ? { outcome } : {}),
      });
      await codes.answer(pending, said(code));
    }
    return doneAt('denied');
  }

  /** `quiet`: nothing is let through by this look, so nothing goes on record. */
  async #stand(browser: Browser, id: string, quiet: boolean): Promise<Standing> {
    const { authentication, codes } = this.#parts;
    const walk = await authentication.walk(browser, id, askerName);
    if (!walk) return { kind: 'gone' };
    if (!walk.end) return { kind: 'go', to: `/signin/${id}` };
    const code = codeOf(walk);
    const pending = await codes.pending(code);
    const application = pending && this.#application(pending);
    if (!pending || !application) return { kind: 'gone' };
    if ('refusal' in walk.end) return { kind: 'refused', pending, application, code: walk.end.refusal };
    if (!this.#wanted(walk.end.user, pending)) return { kind: 'refused', pending, application, code: 'other-person' };
    const evaluation = await authentication.evaluate(browser, walk.ask, { walk: id, quiet });
    if (evaluation.kind === 'done' && (await this.#mayHave(evaluation.outcome.user, pending)))
      return { kind: 'here', walk, pending, application, outcome: evaluation.outcome };
    if (evaluation.kind === 'done' || evaluation.refusal === 'denied')
      return { kind: 'refused', pending, application, code: 'denied' };
    // Signed out, or somebody else signed in, since the walk ended: the person signs in again.
    await authentication.forget(id);
    return { kind: 'go', to: await this.#begin(browser, code, pending, application) };
  }

  async #begin(browser: Browser, code: string, pending: Pending, application: Application): Promise<string> {
    const { authentication, assurance, now } = this.#parts;
    const { params, deviceInfo } = pending.request;
    const pairwise = deviceInfo.sector !== undefined;
    const ask = deviceAsk({
      ...{ application, params, asked: deviceInfo.at, now: now(), pairwise, assurance },
      resources: this.#resources(pending),
    });
    return (await authentication.begin(browser, ask, { asker: askerName, ticket: JSON.stringify({ code }) })).path;
  }

  /** The application, while it may still use this flow. */
  #application({ request }: Pending): Application | undefined {
    const application = this.#parts.clients.application(request.clientId);
    const grants = application?.settings.grant_types as readonly string[] | undefined;
    return grants?.includes(grantType) ? application : undefined;
  }

  #resources({ request: { clientId, params, deviceInfo } }: Pending): Requested[] {
    const asked = new Set(String(params.scope ?? '').split(' '));
    return this.#parts.resources.among(deviceInfo.resources, asked, clientId);
  }

  /** Our own API is for those who have a role in it. */
  async #mayHave(user: User, pending: Pending): Promise<boolean> {
    const { resources } = this.#parts;
    const administers = this.#resources(pending).some(({ resource }) => resource === resources.admin);
    return !administers || (await resources.mayAdminister({ user }));
  }

  /** Whether the request may be answered about this person: whoever it is, unless it names somebody. */
  #wanted(user: string, { request: { params, deviceInfo } }: Pending): boolean {
    const sub = requestedSubject(params);
    const own = deviceInfo.sector === undefined ? user : this.#parts.subjects.pairwise(user, deviceInfo.sector);
    return sub === undefined || sub === own;
  }
}

const codeOf = (walk: Walk): string => (JSON.parse(walk.ticket) as { code: string }).code;

function said(code: RefusalCode): { error: string; errorDescription: string } {
  const { error, error_description: errorDescription } = oauthError(code);
  return { error, errorDescription };
}
