/** The engine's side for askers: evaluate, begin, walk, forget. What the person does on the way is walking.ts. */
import type { Recorder } from '../audit/event.ts';
import type { Ask } from '../domain/ask.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { User } from '../domain/user.ts';
import type { Kv } from '../state/kv.ts';
import { browserHash } from '../web/browser.ts';
import type { Asker, Authentication, Browser, Evaluation, Walk } from './authentication.ts';
import { stillProved } from './counted.ts';
import { admits, fullFacts, plainlyDone, quickFacts, type Sources, type Standing } from './facts.ts';
import { type Facts, next, refusalOf, type Step } from './next.ts';
import type { Sessions } from './sessions.ts';
import type { SignIn, SignIns } from './signins.ts';
import { explanation } from './trail.ts';

export interface EngineParts {
  readonly sources: Sources;
  readonly sessions: Sessions;
  readonly signIns: SignIns;
  readonly recorder: Recorder;
  /** For reading together what is read one after the other. */
  readonly kv: Kv;
  readonly now: () => number;
}

export class Engine implements Authentication {
  readonly parts: EngineParts;
  readonly #askers = new Map<string, Asker>();

  constructor(parts: EngineParts) {
    this.parts = parts;
  }

  /** Makes an asker known, so that walks can go back to it. */
  register(asker: Asker): void {
    this.#askers.set(asker.name, asker);
  }

  /** Everybody who may have asked for anything. */
  get askers(): Iterable<Asker> {
    return this.#askers.values();
  }

  async evaluate(
    browser: Browser,
    ask: Ask,
    context: { walk?: string | undefined; quiet?: boolean } = {},
  ): Promise<Evaluation> {
    const { walk, quiet } = context;
    const { sources, sessions, signIns, now } = this.parts;
    await this.prefetch(browser, walk);
    const walked = walk ? (await signIns.read(walk, browser.id))?.signIn : undefined;
    if (walked && !walked.end) return { kind: 'missing', refusal: 'interaction-needed' };
    if (walked?.end && 'refusal' in walked.end) return { kind: 'missing', refusal: walked.end.refusal };
    // What a kept walk proved lies in the session by now, and ends with it.
    const signIn = walked && (ask.keeps ? walked : await stillProved(sources, walked));
    const session = await sessions.load(browser.session);
    const decided = await this.decide({
      ask,
      session,
      signIn,
      browser: browser.id && browserHash(browser.id),
      now: now(),
    });
    if (!decided) return { kind: 'missing', refusal: 'denied' };
    const { facts, step } = decided;
    if (step.kind !== 'done' || !facts.user) {
      return { kind: 'missing', refusal: step.kind === 'done' ? 'sign-in-needed' : refusalOf(step, facts) };
    }
    const outcome: Outcome = {
      user: facts.user,
      ...(ask.keeps && session ? { sid: session.sid } : {}),
      evidence: facts.evidence,
      met: step.met,
    };
    if (session && ask.keeps) await sessions.touch(session);
    if (!quiet) await this.#record(browser, facts, outcome, walk);
    return { kind: 'done', outcome };
  }

  async begin(browser: Browser, ask: Ask, resume: { asker: string; ticket: string; id?: string }) {
    const { sessions, signIns, now } = this.parts;
    const session = await sessions.load(browser.session);
    const id = resume.id ?? signIns.newId();
    const user = ask.subject ?? (ask.choose ? undefined : session?.user);
    await signIns.create({
      id,
      asker: resume.asker,
      ticket: resume.ticket,
      ask,
      browser: browserHash(browser.bind()),
      agent: browser.agent,
      address: browser.address,
      startedAt: now(),
      proofs: [],
      stay: false,
      ...(user ? { user } : {}),
    });
    return { path: `/signin/${id}` };
  }

  async walk(browser: Browser, id: string, asker: string): Promise<Walk | undefined> {
    await this.prefetch(browser, id);
    const signIn = (await this.parts.signIns.read(id, browser.id))?.signIn;
    // What a ticket says, and what an answer to it is worth, only its own asker knows.
    if (signIn?.asker !== asker) return undefined;
    return { id, ask: signIn.ask, ticket: signIn.ticket, ...(signIn.end ? { end: signIn.end } : {}) };
  }

  admits(user: User, application: string): boolean {
    return admits(this.parts.sources, user, application);
  }

  async forget(id: string): Promise<void> {
    await this.parts.signIns.forget(id);
  }

  /** Whoever asked for this walk. */
  askerOf(signIn: SignIn): Asker {
    const asker = this.#askers.get(signIn.asker);
    if (!asker) throw new Error(`nobody is called ${signIn.asker}`);
    return asker;
  }

  /** The facts and the step they lead to; undefined when the application is gone. */
  async decide(standing: Standing): Promise<{ facts: Facts; step: Step } | undefined> {
    const quick = await quickFacts(this.parts.sources, standing);
    if (!quick) return undefined;
    const facts =
      plainlyDone(quick) && !standing.ask.register && !standing.ask.anew
        ? quick
        : await fullFacts(this.parts.sources, standing, quick);
    return { facts, step: next(facts, standing.signIn?.chosen) };
  }

  /** One round trip for what this request will read, instead of one for each. */
  async prefetch(browser: Browser, walk: string | undefined): Promise<void> {
    const { kv, sessions, signIns } = this.parts;
    const keys = [...(walk ? [signIns.key(walk)] : []), ...(browser.session ? [sessions.key(browser.session)] : [])];
    if (keys.length > 1) await kv.readMany(keys);
  }

  /** Every sign-in leaves a record, silent ones too, committed before the answer. */
  async #record(browser: Browser, facts: Facts, outcome: Outcome, walk: string | undefined): Promise<void> {
    await this.parts.recorder.record({
      type: 'sign-in',
      at: this.parts.now(),
      user: outcome.user.id,
      application: facts.application.id,
      address: browser.address,
      ...(outcome.sid ? { sid: outcome.sid } : {}),
      ...(walk ? { walk } : {}),
      detail: {
        silent: walk === undefined,
        met: outcome.met.map((strength) => strength?.id ?? null),
        ...explanation(facts),
      },
    });
  }
}
