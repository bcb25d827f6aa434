/** A person's way through a sign-in: what to show now (`look`), and one answer (`answer`). Pages come from routes.ts. */
import type { Application } from '../domain/application.ts';
import type { Answer } from '../domain/method.ts';
import type { RefusalCode } from '../domain/refusal.ts';
import type { Session } from '../domain/session.ts';
import { browserHash } from '../web/browser.ts';
import { Asking, type AskingParts, type Standing } from './asking.ts';
import type { Browser } from './authentication.ts';
import { type Change, forgetPerson, without } from './changes.ts';
import { stillProved } from './counted.ts';
import type { Engine } from './engine.ts';
import type { Facts, Step } from './next.ts';
import type { SignIn } from './signins.ts';
import { explanation, type Trail } from './trail.ts';

/** What a GET of the sign-in's one address comes to. */
export type View =
  | { readonly kind: 'gone' }
  | { readonly kind: 'go'; readonly to: string }
  | {
      readonly kind: 'page';
      readonly signIn: SignIn;
      readonly facts: Facts;
      readonly step: Exclude<Step, { kind: 'done' }>;
      readonly session: Session | undefined;
      /** Where the person goes from here, outside us. */
      readonly leadsTo: readonly string[];
      /** What the application's administrator could change, when what is asked for cannot be met. */
      readonly advice?: string | undefined;
      /** What the method wants shown (a QR code, a number). */
      readonly show: Readonly<Record<string, unknown>>;
    };

/** `over`: used, too old, or of a sign-in that went on without it. */
export type Linked = Partial<Pick<SignIn, 'agent' | 'address' | 'startedAt' | 'ask'>> & {
  readonly application?: Application | undefined;
} & ({ readonly kind: 'over' | 'elsewhere' } | { readonly kind: 'here'; readonly step: string });

export interface WalkingParts extends AskingParts {
  readonly trail: Trail;
  /** The store's side, by structure. */
  readonly browsers: {
    remember(user: string, browser: string, methods: readonly string[], now: number): Promise<void>;
  };
  readonly consents: { agree(user: string, application: string, items: readonly string[], now: number): Promise<void> };
}

export class Walking {
  readonly #parts: WalkingParts;
  readonly #engine: Engine;
  readonly #asking: Asking;

  constructor(parts: WalkingParts) {
    this.#parts = parts;
    this.#engine = parts.engine;
    this.#asking = new Asking(parts);
  }

  /** Decides anew at every call, so that reload, Back and a second tab all show what is missing now. */
  async look(browser: Browser, id: string): Promise<View> {
    for (;;) {
      const standing = await this.#stand(browser, id);
      if (!standing) return { kind: 'gone' };
      const { held, session, facts, step } = standing;
      if (held.signIn.end) return { kind: 'go', to: this.#engine.askerOf(held.signIn).resume(held.signIn) };
      if (step.kind === 'done') {
        if (await this.#finish(browser, standing))
          return { kind: 'go', to: this.#engine.askerOf(held.signIn).resume(held.signIn) };
        continue;
      }
      const show = await this.#asking.show(standing, this.#changing(browser, id));
      if (!show) continue;
      const asker = this.#engine.askerOf(held.signIn);
      const leadsTo = asker.leadsTo(held.signIn);
      const unmet = step.kind === 'refused' && step.code === 'requirements-unmet';
      const advice = unmet ? asker.advice?.(held.signIn) : undefined;
      return { kind: 'page', signIn: held.signIn, facts, step, session, leadsTo, advice, show };
    }
  }

  /** One answer. Whatever it comes to is told by the next `look`. False: no such sign-in. */
  async answer(browser: Browser, id: string, answer: Answer): Promise<boolean> {
    const standing = await this.#stand(browser, id);
    if (!standing || !browser.id) return false;
    const { held, facts, step } = standing;
    if (held.signIn.end || step.kind === 'done') return true;
    const change = this.#changing(browser, id);
    // A form of an earlier page, posted late: show what is asked now instead of judging it as an answer to that.
    if (answer.step && answer.step !== stepName(step)) return true;

    if (answer.do === 'cancel' || answer.do === 'refuse') await this.#refuse(browser, standing, 'denied');
    else if (answer.do === 'identify' && !held.signIn.ask.subject) await change(forgetPerson);
    else if (step.kind === 'refused') await this.#refuse(browser, standing, step.code);
    else if (answer.do === 'identify') return true;
    else if (answer.do === 'another')
      await change((signIn) => ({ ...without(signIn, 'said', 'lost'), choosing: true }));
    else if (answer.do === 'lost') await change((signIn) => ({ ...without(signIn, 'said', 'choosing'), lost: true }));
    else if (step.kind === 'identify') {
      const { method = '' } = answer;
      if (!step.unnamed.includes(method)) await this.#identify(answer.username ?? '', change);
      else
        await this.#parts.prover.recognise({ browser, signIn: held.signIn, facts, method, wanted: [], answer, change });
    } else if (answer.method !== undefined) {
      const chosen = answer.method;
      await change((signIn) => ({ ...without(signIn, 'choosing', 'said', 'lost'), chosen }));
    } else if (step.kind === 'consent') await this.#agree(browser, standing, change);
    else if (answer.do === 'again') await this.#asking.again(standing, change);
    else if (answer.do === 'later' && (step.kind === 'anew' || (step.kind === 'register' && step.optional))) {
      const put = step.kind === 'anew' ? step.methods : [step.method];
      await change((signIn) => ({ ...without(signIn, 'said'), declined: [...(signIn.declined ?? []), ...put] }));
    } else if (step.kind !== 'anew') {
      const wanted = step.kind === 'prove' ? step.wanted : [];
      const offer = { browser, signIn: held.signIn, facts, method: step.method, wanted, answer, change };
      await this.#parts.prover[step.kind === 'register' ? 'register' : 'prove'](offer);
    }
    return true;
  }

  /** Where a link out of a message leads. Whoever has it is told about the sign-in it belongs to; nothing changes. */
  async linked(browser: Browser, id: string, answer: Answer): Promise<Linked> {
    const { signIns, sources } = this.#engine.parts;
    const signIn = (await signIns.ofAnyone(id))?.signIn;
    const method = signIn?.challenge && sources.methods.get(signIn.challenge.method);
    if (!signIn?.challenge || signIn.end || !method?.sent?.(signIn.challenge.state, answer, this.#now()))
      return { kind: 'over' };
    const { agent, address, startedAt, ask } = signIn;
    const about = { agent, address, startedAt, ask, application: sources.application(ask.application) };
    const here = browser.id !== undefined && signIn.browser === browserHash(browser.id);
    return here ? { kind: 'here', step: `prove:${method.id}`, ...about } : { kind: 'elsewhere', ...about };
  }

  async #stand(browser: Browser, id: string): Promise<Standing | undefined> {
    const { sources, sessions, signIns } = this.#engine.parts;
    await this.#engine.prefetch(browser, id);
    const read = await signIns.read(id, browser.id);
    if (!read) return undefined;
    const session = await sessions.load(browser.session);
    const signIn = await stillProved(sources, read.signIn);
    const held = { ...read, signIn };
    const decided = await this.#engine.decide({
      ask: signIn.ask,
      session,
      signIn,
      browser: signIn.browser,
      now: this.#now(),
    });
    return decided && { held, session, ...decided };
  }

  /** Joins what was proved to the session and rotates its secret. False when another request was faster. */
  async #finish(browser: Browser, { held, facts }: Standing): Promise<boolean> {
    const { signIn } = held;
    const { parts } = this.#engine;
    const user = facts.user!.id;
    if (!(await parts.signIns.swap(held, { ...signIn, end: { user } }, this.#now()))) return false;
    if (!signIn.ask.keeps) return true;
    const { agent, address } = browser;
    const joined = await parts.sessions.join(browser.session, {
      user,
      shown: [...signIn.proofs, ...(signIn.standIns ?? [])],
      stay: signIn.stay,
      agent,
      address,
    });
    if (joined.cookie) browser.keepSession(joined.cookie, joined.seconds);
    const proved = signIn.proofs.map((piece) => piece.method);
    await Promise.all([
      this.#parts.browsers.remember(user, signIn.browser, proved, this.#now()),
      joined.started && this.#parts.trail.leave(browser, 'session.started', signIn, { user, sid: joined.sid }),
    ]);
    return true;
  }

  async #refuse(browser: Browser, { held, facts, step }: Standing, refusal: RefusalCode): Promise<void> {
    const { signIns } = this.#engine.parts;
    if (!(await signIns.swap(held, { ...held.signIn, end: { refusal } }, this.#now()))) return;
    const user = facts.vouched && facts.user ? { user: facts.user.id } : {};
    // `at` tells a rule's no (`refused`) from the person's own, and where they turned back.
    const detail = { refusal, at: stepName(step), ...explanation(facts) };
    await this.#parts.trail.leave(browser, 'sign-in.refused', held.signIn, { ...user, detail });
  }

  async #identify(typed: string, change: Change): Promise<void> {
    const name = typed.trim().slice(0, 320);
    if (!name) return change((signIn) => ({ ...signIn, said: { kind: 'empty' } }));
    const user = await this.#engine.parts.sources.userByName(name);
    return change((signIn) => ({ ...forgetPerson(signIn), name, ...(user ? { user: user.id } : {}) }));
  }

  async #agree(browser: Browser, { held, facts }: Standing, change: Change): Promise<void> {
    const { shares, application } = held.signIn.ask;
    if (!shares || !facts.user) return;
    await this.#parts.consents.agree(facts.user.id, application, shares.items, this.#now());
    await change((signIn) => ({ ...signIn, agreed: [...facts.unshared, ...shares.items] }));
    const detail = { items: shares.items };
    await this.#parts.trail.leave(browser, 'consent.given', held.signIn, { user: facts.user.id, detail });
  }

  #changing =
    (browser: Browser, id: string): Change =>
    (change) =>
      this.#engine.parts.signIns.change(id, browser.id as string, this.#now(), change);
  #now = () => this.#engine.parts.now();
}

/** The name of a step, carried by its form so that a late answer is not taken for another's. */
export const stepName = (step: Step): string => ('method' in step ? `${step.kind}:${step.method}` : step.kind);
