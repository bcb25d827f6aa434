/**
 * The person's side of a device's request: a code is entered, the engine walks the person through a fresh sign-in, and
 * then they decide about what this device wants (RFC 8628 section 3.3). The engine is asked again when they approve, so
 * that a wrong page flow can never issue anything.
 */
import { networkOf } from '../../../authentication/attempts.ts';
import type { Browser } from '../../../authentication/authentication.ts';
import type { Sessions } from '../../../authentication/sessions.ts';
import type { Application } from '../../../domain/application.ts';
import type { Outcome } from '../../../domain/outcome.ts';
import { Refusal, type RefusalCode } from '../../../domain/refusal.ts';
import { assertionOf } from '../acr.ts';
import { MalformedClaims, requestedAcr } from '../ask.ts';
import { oauthError } from '../refusals.ts';
import { currentVisit } from '../visit.ts';
import { deviceAssurance } from './ask.ts';
import type { DeviceInfo } from './codes.ts';
import { type GrantingParts, grantTo } from './grant.ts';
import { codeOf, type Open, type Standing, type StandingParts, Standings } from './standing.ts';
import { displayed } from './user-code.ts';

export interface DecidingParts extends GrantingParts, StandingParts {
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
  /** The device asked from another network than this browser's. */
  readonly far: boolean;
  /** Whom the device would act for. */
  readonly username: string;
}

/** `go` leads to the next page, `gone` has none. */
export type Look =
  | { readonly kind: 'gone' }
  | { readonly kind: 'go'; readonly to: string }
  | { readonly kind: 'page'; readonly shown: Shown };

const doneAt = (how: 'approved' | 'denied'): string => `/device?said=${how}`;

export class Deciding {
  readonly #parts: DecidingParts;
  readonly #standings: Standings;

  constructor(parts: DecidingParts) {
    this.#parts = parts;
    this.#standings = new Standings(parts);
  }

  /** A code was entered. Where the sign-in is; undefined when the code stands for nothing (any more). */
  async enter(browser: Browser, code: string): Promise<string | undefined> {
    const open = await this.#standings.open(code);
    if (!open) return undefined;
    try {
      return await this.#standings.begin(browser, code, open);
    } catch (error) {
      // Refused at once when the device asked; what may be asked has changed since.
      if (error instanceof Refusal || error instanceof MalformedClaims) return undefined;
      throw error;
    }
  }

  /** The browser comes back from its sign-in, or looks again. */
  async look(browser: Browser, id: string): Promise<Look> {
    const standing = await this.#standings.of(browser, id, true);
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
        far: apart(device.address, browser.address),
        username: outcome.user.username,
      },
    };
  }

  /** The person's yes or no. Where they go next; undefined when there is nothing to decide any more. */
  async decide(browser: Browser, id: string, yes: boolean): Promise<string | undefined> {
    const standing = await this.#standings.of(browser, id, !yes);
    if (standing.kind === 'gone') return undefined;
    if (standing.kind === 'go') return standing.to;
    if (standing.kind === 'refused') return this.#refuse(id, standing, standing.code);
    return yes ? this.#approve(browser, id, standing) : this.#refuse(id, standing, 'denied', standing.outcome);
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
    const resources = this.#standings.resources(pending);
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

  async #refuse(id: string, { pending, application }: Open, code: RefusalCode, outcome?: Outcome): Promise<string> {
    const { codes, authentication, onDecided } = this.#parts;
    await authentication.forget(id);
    if (await codes.claim(pending)) {
      const device = pending.request.deviceInfo;
      const decision = { type: 'device.denied', application, device, refusal: code } as const;
      await onDecided({ ...decision, ...(outcome ? { outcome } : {}) });
      await codes.answer(pending, said(code));
    }
    return doneAt('denied');
  }
}

/** One household has an IPv4 and an IPv6 network, and comes by either. */
const apart = (one: string, other: string): boolean =>
  one.includes(':') === other.includes(':') && networkOf(one) !== networkOf(other);

function said(code: RefusalCode): { error: string; errorDescription: string } {
  const { error, error_description: errorDescription } = oauthError(code);
  return { error, errorDescription };
}
