/** What a step's page shows, and what has to be remembered until its answer: challenges, registrations, what is sent again. */
import type { Challenge, Method } from '../domain/method.ts';
import type { Session } from '../domain/session.ts';
import { type Change, without } from './changes.ts';
import type { Engine } from './engine.ts';
import type { Facts, Step } from './next.ts';
import type { Prover } from './proving.ts';
import type { Held } from './signins.ts';

export interface AskingParts {
  readonly engine: Engine;
  readonly prover: Prover;
  /** The store's side, by structure. */
  readonly people: { askedToEnrol(user: string, now: number): Promise<void> };
  /** The name people know us by: an authenticator app shows it beside their own. */
  readonly service: string;
}

type Show = Readonly<Record<string, unknown>>;

/** Where a walk stands. */
export interface Standing {
  readonly held: Held;
  readonly session: Session | undefined;
  readonly facts: Facts;
  readonly step: Step;
}

export class Asking {
  readonly #parts: AskingParts;
  readonly #engine: Engine['parts'];

  constructor(parts: AskingParts) {
    this.#parts = parts;
    this.#engine = parts.engine.parts;
  }

  /** What the page shows for this step; undefined when the record changed meanwhile and must be looked at again. */
  async show({ held, session, facts, step }: Standing, change: Change): Promise<Show | undefined> {
    const { signIn } = held;
    if (step.kind === 'identify') {
      const here = session && (await this.#engine.sources.userById(session.user));
      const unnamed: Record<string, unknown> = {};
      for (const id of step.unnamed) {
        unnamed[id] = (await this.#method(id).challenge(this.#parts.prover.nobody(signIn, facts))).show;
      }
      return { username: signIn.ask.hint ?? here?.username ?? '', unnamed };
    }
    if (step.kind !== 'prove' && step.kind !== 'register') return {};
    // The first time this person is asked for a second factor starts the clock of enrolment.
    if ((step.kind === 'register' || step.opens) && !facts.enrolment.guarded) await this.#asked(facts);
    // Another page stands in for this one: nothing is sent that nobody is asked for.
    if (signIn.lost || (signIn.choosing && step.others.length > 0)) return {};
    if (step.kind === 'register') return this.#registration(held, facts, step.method);
    if (step.lockedUntil) return {};
    if (signIn.challenge?.method === step.method) return signIn.challenge.show;
    const subject = await this.#parts.prover.subject(facts, signIn, step);
    const asked = await this.#method(step.method).challenge(subject);
    if (asked.state === '') return asked.show;
    const next = { ...signIn, challenge: { method: step.method, state: asked.state, show: asked.show } };
    // Kept before it is sent: of twenty pages asked for at once a single one sends.
    return (await this.#engine.signIns.swap(held, next, this.#now())) ? this.#sent(asked, change) : undefined;
  }

  async #registration(held: Held, facts: Facts, id: string) {
    const { signIn } = held;
    const method = this.#method(id);
    const state = signIn.registration?.method === id ? signIn.registration.state : undefined;
    const begun = await method.register?.(
      await this.#parts.prover.registrant(facts, signIn, id, this.#parts.service),
      state,
    );
    if (!begun) return {};
    if (begun.state === state) return begun.show;
    const next = { ...signIn, registration: { method: id, state: begun.state } };
    return (await this.#engine.signIns.swap(held, next, this.#now())) ? begun.show : undefined;
  }

  /** Sends the same again, where something is sent. */
  async again({ held, facts, step }: Standing, change: Change): Promise<void> {
    const { challenge } = held.signIn;
    if (step.kind !== 'prove' || challenge?.method !== step.method) return;
    const subject = await this.#parts.prover.subject(facts, held.signIn, step);
    const asked = await this.#method(step.method).again?.(subject, challenge.state);
    if (!asked) return;
    let mine = false;
    await change((latest) => {
      mine = latest.challenge?.state === challenge.state;
      const next = mine ? { challenge: { method: step.method, state: asked.state, show: asked.show } } : {};
      return { ...without(latest, 'said'), ...next };
    });
    if (mine) await this.#sent(asked, change);
  }

  /** What came of the sending stands on the page as long as its challenge does. */
  async #sent({ state, show, send }: Challenge, change: Change): Promise<Show> {
    const trouble = await send?.();
    if (!trouble) return show;
    const told = { ...show, trouble };
    await change((latest) =>
      latest.challenge?.state === state ? { ...latest, challenge: { ...latest.challenge, show: told } } : latest,
    );
    return told;
  }

  async #asked({ user }: Facts): Promise<void> {
    if (user && user.enrolmentAskedAt === undefined) await this.#parts.people.askedToEnrol(user.id, this.#now());
  }

  #method = (id: string): Method => this.#engine.sources.methods.get(id) as Method;
  #now = () => this.#engine.now();
}
