/** Puts on record what happens on a walk (which one, for which application, from where) and the end of every session. */
import type { AuditEvent, Recorder } from '../audit/event.ts';
import type { Session } from '../domain/session.ts';
import type { Requirement } from '../domain/verdict.ts';
import { stoodIn } from '../policy/meets.ts';
import { satisfies } from '../policy/strengths.ts';
import type { Browser } from './authentication.ts';
import type { Facts } from './next.ts';
import type { SessionEnd } from './session-end.ts';
import type { SignIn } from './signins.ts';

/** Why a sign-in came out as it did: what was asked, which policies required what, and the evidence that counted. */
export const explanation = (facts: Facts) => ({
  asked: facts.ask.wants.map((want) => want.anyOf.map((strength) => strength.id)),
  required: facts.verdict?.requires.map((need) => ({
    strength: need.strength.id,
    policies: need.policies,
    ...stood(facts, need),
  })),
  trace: facts.verdict?.trace,
  proved: facts.evidence.map(({ class: name, at }) => [name, at]),
});

/** What stood in before this requirement, where evidence did not meet it. */
function stood({ evidence, standIns }: Facts, need: Requirement) {
  if (satisfies(evidence, need.strength)) return {};
  const one = stoodIn([...evidence, ...standIns], need);
  return one?.kind ? { stoodIn: one.kind } : {};
}

export class Trail {
  readonly #recorder: Recorder;
  readonly #now: () => number;

  constructor(recorder: Recorder, now: () => number) {
    this.#recorder = recorder;
    this.#now = now;
  }

  /** Resolves when the event is committed. */
  async leave(browser: Browser, type: AuditEvent['type'], signIn: SignIn, more: Partial<AuditEvent>): Promise<void> {
    await this.#recorder.record({
      type,
      at: this.#now(),
      application: signIn.ask.application,
      walk: signIn.id,
      address: browser.address,
      ...more,
    });
  }

  /** Every end of a session, whatever ended it. The record is always told. */
  async ended({ sid, user }: Session, reason: SessionEnd, address?: string): Promise<readonly string[]> {
    const where = address === undefined ? {} : { address };
    await this.#recorder.record({ type: 'session.ended', at: this.#now(), user, sid, ...where, detail: { reason } });
    return [];
  }
}
