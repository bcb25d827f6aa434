/** One proof offered: limits before, judgement by the method, single use and the record after. */
import type { AuditEvent } from '../audit/event.ts';
import type { Credential, NewCredential } from '../domain/credential.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Answer, Method, Subject } from '../domain/method.ts';
import type { Attempts } from './attempts.ts';
import type { Browser } from './authentication.ts';
import { type Change, proven, without } from './changes.ts';
import type { Sources } from './facts.ts';
import type { Facts } from './next.ts';
import type { Said, SignIn } from './signins.ts';
import type { Trail } from './trail.ts';

export interface ProverParts {
  readonly sources: Pick<Sources, 'methods' | 'credentialsOf'>;
  readonly attempts: Attempts;
  readonly trail: Trail;
  /** The store's side, by structure. */
  readonly credentials: { add(user: string, credential: NewCredential, now: number): Promise<Credential> };
  /** Eight characters a person can read aloud. */
  readonly reference: () => string;
  readonly now: () => number;
}

/** One answer of a person to a method's question, at a point of their walk. */
export interface Offer {
  readonly browser: Browser;
  readonly signIn: SignIn;
  readonly facts: Facts;
  /** The method's id. */
  readonly method: string;
  readonly answer: Answer;
  readonly change: Change;
}

/** Fields of a form that are not an answer to the method's question. */
const FORM_FIELDS = new Set(['csrf', 'do', 'step', 'stay', 'username', 'method']);
const isEmpty = (answer: Answer) =>
  Object.entries(answer).every(([name, value]) => FORM_FIELDS.has(name) || value.trim() === '');

export class Prover {
  readonly #parts: ProverParts;

  constructor(parts: ProverParts) {
    this.#parts = parts;
  }

  /** Whom the method is asked about. */
  async subject(facts: Facts, signIn: SignIn, method: string): Promise<Subject> {
    const now = this.#parts.now();
    // Before anything is proved every name gets the same page in the same time, whomever it names.
    if (!facts.user || !facts.vouched) return { credentials: [], now };
    const { held } = await this.#held(facts.user.id, signIn.browser, method);
    return { user: facts.user, credentials: held.filter((one) => !one.disabled), now };
  }

  /** Judges one answer. What it comes to lies in the sign-in, for the next page to tell. */
  async prove({ browser, signIn, facts, method: id, answer, change }: Offer): Promise<void> {
    const { attempts, sources } = this.#parts;
    const now = this.#parts.now();
    // A box that is not ticked sends nothing; pages of methods that begin no sign-in have none.
    const stay = facts.beginners.includes(id) ? Boolean(answer.stay) : signIn.stay;
    const say = (said: Said) =>
      change((latest) => ({ ...without(latest, 'choosing'), stay, said: { ...said, method: id } }));
    if (isEmpty(answer)) return say({ kind: 'empty' });

    const { user } = facts;
    const { held, familiar } = user ? await this.#held(user.id, signIn.browser, id) : { held: [], familiar: undefined };
    const opened: Awaited<ReturnType<Attempts['open']>> =
      held.length > 0
        ? await attempts.open(held, familiar, now)
        : {
            usable: [],
            ...(await attempts.openUnknown(signIn.name ?? user?.username ?? signIn.ask.subject ?? '', now)),
          };
    if (opened.lockedUntil) {
      const reference = this.#parts.reference();
      await this.#record(browser, signIn, facts, 'proof.locked', { reference, detail: { method: id } });
      return say({ kind: 'locked', until: opened.lockedUntil, reference });
    }

    const method = sources.methods.get(id) as Method;
    const subject: Subject = { credentials: opened.usable, now, ...(user ? { user } : {}) };
    const verification = await method.verify(subject, signIn.challenge?.state ?? '', answer).catch(async (fault) => {
      await attempts.giveBack(opened.usable, familiar);
      throw fault;
    });
    // Nobody has answered yet: no guess was made.
    if (verification.kind === 'waiting') return attempts.giveBack(opened.usable, familiar);
    if (verification.kind === 'proved') {
      const { counter, secret, credential } = verification;
      const use = { now, ...(counter === undefined ? {} : { counter }), ...(secret === undefined ? {} : { secret }) };
      if (await attempts.succeed(credential, opened.usable, familiar, use)) {
        const evidence = { ...verification.evidence, at: now, credential };
        await this.#record(browser, signIn, facts, 'proof.accepted', { detail: { method: id, class: evidence.class } });
        return change((latest) => proven(latest, signIn, evidence, stay));
      }
    }
    await this.#record(browser, signIn, facts, 'proof.refused', { detail: { method: id } });
    await attempts.failed(browser.address, familiar !== undefined);
    return say({ kind: 'wrong' });
  }

  /** Finishes a registration by the proof that it works; that proof is evidence like any other. */
  async register({ browser, signIn, facts, method: id, answer, change }: Offer): Promise<void> {
    const method = this.#parts.sources.methods.get(id) as Method;
    const now = this.#parts.now();
    const say = (said: Said) => change((latest) => ({ ...without(latest, 'choosing'), said: { ...said, method: id } }));
    if (isEmpty(answer)) return say({ kind: 'empty' });
    if (!facts.user || !method.confirm || signIn.registration?.method !== id) return;
    const confirmed = await method.confirm(signIn.registration.state, answer, now);
    if (confirmed.kind === 'wrong') return say(confirmed);

    // The record decides the race: of two forms posted at once, one takes the registration out and keeps the credential.
    let mine = false;
    await change((latest) => {
      mine = latest.registration?.state === signIn.registration?.state;
      return mine ? without(latest, 'registration', 'said') : latest;
    });
    if (!mine) return;
    const credential = await this.#parts.credentials.add(facts.user.id, confirmed.credential, now);
    const evidence: Evidence = { class: confirmed.class, method: id, at: now, credential: credential.id };
    await this.#record(browser, signIn, facts, 'credential.added', {
      detail: { method: id, credential: credential.id },
    });
    await change((latest) => ({
      ...proven(latest, signIn, evidence, latest.stay),
      registered: [...(latest.registered ?? []), id],
    }));
  }

  /** The person's credentials of one method, with the locks that count in this browser, if the method was proved there. */
  async #held(user: string, browser: string, method: string) {
    const held = (await this.#parts.sources.credentialsOf(user, browser)).filter((one) => one.method === method);
    return { held, familiar: held.some((one) => one.familiar) ? browser : undefined };
  }

  async #record(
    browser: Browser,
    signIn: SignIn,
    facts: Facts,
    type: AuditEvent['type'],
    more: Partial<AuditEvent>,
  ): Promise<void> {
    const user = facts.user ? { user: facts.user.id } : {};
    await this.#parts.trail.leave(browser, type, signIn, { ...user, ...more });
  }
}
