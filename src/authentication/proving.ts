/** One proof offered: limits before, judgement by the method, single use and the record after. */
import { setTimeout as wait } from 'node:timers/promises';
import type { AuditEvent } from '../audit/event.ts';
import type { Evidence, MethodClassName } from '../domain/evidence.ts';
import type { Method, Registrant, Subject } from '../domain/method.ts';
import type { StandIn } from '../domain/stand-in.ts';
import type { User } from '../domain/user.ts';
import { type Attempts, useOf } from './attempts.ts';
import type { Browser } from './authentication.ts';
import { type Change, forgetPerson, proven, turnOf, without } from './changes.ts';
import type { Sources } from './facts.ts';
import type { Facts } from './next.ts';
import type { Notices } from './notices.ts';
import { EVEN_MS, isEmpty, type Offer } from './offer.ts';
import { finish, type RegisteringParts } from './registering.ts';
import type { Said, SignIn } from './signins.ts';
import { afterUse } from './telling.ts';
import type { Trail } from './trail.ts';

export interface ProverParts extends RegisteringParts {
  readonly sources: Pick<Sources, 'methods' | 'credentialsOf' | 'credentialBy' | 'userById' | 'settingOf'>;
  readonly attempts: Attempts;
  readonly trail: Trail;
  readonly notices?: Notices | undefined;
  /** Eight characters a person can read aloud. */
  readonly reference: () => string;
}

const stranger = { credentials: [], vouched: false, wanted: [], proved: [] } as const;
const classesIn = ({ recent }: Facts) => recent.evidence.map((piece) => piece.class);

export class Prover {
  readonly #parts: ProverParts;

  constructor(parts: ProverParts) {
    this.#parts = parts;
  }

  /** Whom the method of this step is asked about. */
  async subject(facts: Facts, signIn: SignIn, step: { method: string; wanted: readonly MethodClassName[] }) {
    const blank = this.nobody(signIn, facts);
    // Before anything is proved every name gets the same page in the same time, whomever it names.
    if (!facts.user || !facts.vouched) return this.#unvouched(blank, facts.user, step.method);
    const { held } = await this.#held(facts.user, signIn.browser, step.method);
    const credentials = held.filter((one) => !one.disabled);
    return { ...blank, user: facts.user, credentials, vouched: true, wanted: step.wanted, proved: classesIn(facts) };
  }

  /** The subject while nobody has given a name. */
  nobody(signIn: SignIn, { application, ask }: Facts): Subject {
    const { id: walk, agent = '', address = '' } = signIn;
    const place = { walk, application: application.name, address, agent, languages: ask.languages ?? [] };
    return { ...stranger, place, turn: turnOf(signIn), now: this.#parts.now() };
  }

  /** A method that sends something has to know where, though its page may not show it. Nothing is read for it: that would take time. */
  #unvouched(blank: Subject, user: User | undefined, method: string): Subject {
    const { methods, settingOf } = this.#parts.sources;
    return user && methods.get(method)?.again && settingOf(user, method).state !== 'off' ? { ...blank, user } : blank;
  }

  /** Who registers a method, with what they have of it already. */
  async registrant(facts: Facts, signIn: SignIn, method: string, issuer: string): Promise<Registrant> {
    const user = facts.user as User;
    const { held } = await this.#held(user, signIn.browser, method);
    return { user, issuer, held, now: this.#parts.now() };
  }

  /** An answer of somebody who gave no name: whoever the credential belongs to, if it proves as much. */
  async recognise(offer: Offer): Promise<void> {
    const { sources } = this.#parts;
    const { signIn, answer, method: id } = offer;
    const lookup = sources.methods.get(id)?.lookupIn?.(answer);
    const credential = lookup === undefined ? undefined : await sources.credentialBy(id, lookup);
    const user = credential && (await sources.userById(credential.user));
    const { ask } = signIn;
    const theirs = user && (ask.subject === undefined || ask.subject === user.id) ? user : undefined;
    // Counted by what was shown, whether we know it or not; what cannot be looked up is no guess at anybody.
    const guessed = lookup === undefined ? undefined : `${id}:${lookup}`;
    await this.#judge(credential ? offer : { ...offer, strange: lookup }, theirs, guessed, (latest, shown, stay) =>
      // Named only now, by the proof: a credential's id, which is no secret, must not tell whose it is.
      latest.user === undefined && turnOf(latest) === 0 && theirs
        ? {
            ...proven(
              { ...forgetPerson(latest), user: theirs.id, name: theirs.username },
              { ...signIn, user: theirs.id },
              shown,
              stay,
            ),
          }
        : latest,
    );
  }

  /** Judges one answer. What it comes to lies in the sign-in, for the next page to tell. */
  async prove(offer: Offer): Promise<void> {
    const { facts, signIn } = offer;
    const guessed = signIn.name ?? facts.user?.username ?? signIn.ask.subject;
    const judged = this.#judge(offer, facts.user, guessed, (latest, shown, stay) =>
      proven(latest, signIn, shown, stay),
    );
    // What is typed for nobody is refused sooner than what is compared: a code costs nothing to compare, as a password does.
    const sends = this.#parts.sources.methods.get(offer.method)?.again !== undefined;
    await (facts.vouched || !sends ? judged : Promise.all([judged, wait(EVEN_MS)]));
  }

  /** `guessed`: what tries are counted by where there is no credential to count them on. Without it the address counts. */
  async #judge(
    { browser, signIn, facts, method: id, wanted, answer, change, strange }: Offer,
    user: User | undefined,
    guessed: string | undefined,
    accept: (latest: SignIn, shown: Evidence | StandIn, stay: boolean) => SignIn,
  ): Promise<void> {
    const { attempts, sources } = this.#parts;
    const now = this.#parts.now();
    // A box that is not ticked sends nothing; pages of methods that begin no sign-in have none.
    const stay = facts.beginners.includes(id) ? Boolean(answer.stay) : signIn.stay;
    const say = (said: Said) =>
      change((latest) => ({ ...without(latest, 'choosing'), stay, said: { ...said, method: id } }));
    if (isEmpty(answer)) return say({ kind: 'empty' });

    const method = sources.methods.get(id) as Method;
    const { held, familiar } = user ? await this.#held(user, signIn.browser, id) : { held: [], familiar: undefined };
    // An answer that says which one it is by is a try on that one alone.
    const lookup = method.lookupIn?.(answer);
    const tried = lookup === undefined ? held : held.filter((one) => one.lookup === lookup);
    const opened: Awaited<ReturnType<Attempts['open']>> =
      tried.length > 0
        ? await attempts.open(tried, familiar, now)
        : { usable: [], ...(guessed === undefined ? {} : await attempts.openUnknown(`${id} ${guessed}`, now)) };
    if (opened.lockedUntil) {
      const reference = this.#parts.reference();
      await this.#record(browser, signIn, user, 'proof.locked', { reference, detail: { method: id } });
      return say({ kind: 'locked', until: opened.lockedUntil, reference });
    }

    const subject: Subject = {
      ...this.nobody(signIn, facts),
      credentials: opened.usable,
      vouched: facts.vouched,
      ...(facts.vouched ? { wanted, proved: classesIn(facts) } : {}),
      now,
      ...(user ? { user } : {}),
    };
    const state = signIn.challenge?.method === id ? signIn.challenge.state : '';
    const verification = await method.verify(subject, state, answer).catch(async (fault) => {
      await attempts.giveBack(opened.usable, familiar);
      throw fault;
    });
    // Nobody has answered yet: no guess was made.
    if (verification.kind === 'waiting') return attempts.giveBack(opened.usable, familiar);
    const wrong = verification.kind === 'wrong' && verification.reason ? { reason: verification.reason } : {};
    if (verification.kind === 'proved' && (await this.#mine(state, change))) {
      const { credential, signal } = verification;
      if (await attempts.succeed(credential, opened.usable, familiar, useOf(verification, now))) {
        const shown =
          'evidence' in verification
            ? { ...verification.evidence, at: now, credential }
            : { ...verification.standIn, at: now, credential };
        const worth = 'class' in shown ? { class: shown.class } : { standIn: shown.kind };
        const detail = { method: id, credential, ...worth, ...(signal ? { signal } : {}) };
        await this.#record(browser, signIn, user, 'proof.accepted', { detail });
        await afterUse(this.#parts, { browser, signIn, user }, verification);
        return change((latest) => accept(latest, shown, stay));
      }
    }
    await this.#record(browser, signIn, user, 'proof.refused', { detail: { method: id, ...wrong } });
    await attempts.failed(browser.address, familiar !== undefined);
    return say({ kind: 'wrong', ...wrong, ...(strange === undefined ? {} : { named: strange }) });
  }

  /** Whether this answer took the challenge out: of twenty right ones sent at once a single one does. */
  async #mine(state: string, change: Change): Promise<boolean> {
    if (state === '') return true;
    let mine = false;
    await change((latest) => {
      mine = latest.challenge?.state === state;
      return mine ? without(latest, 'challenge') : latest;
    });
    return mine;
  }

  /** Finishes a registration by the proof that it works; that proof is evidence like any other. */
  async register(offer: Offer): Promise<void> {
    const { method, answer, change } = offer;
    const say = (said: Said) => change((latest) => ({ ...without(latest, 'choosing'), said: { ...said, method } }));
    if (isEmpty(answer)) return say({ kind: 'empty' });
    const refused = await finish(this.#parts, offer, (user, type, detail) =>
      this.#record(offer.browser, offer.signIn, user, type, { detail }),
    );
    if (refused) return say(refused);
  }

  /** The person's credentials of one method that still prove something, with the locks that count in this browser. */
  async #held(user: User, browser: string, method: string) {
    const { sources } = this.#parts;
    if (sources.settingOf(user, method).state === 'off') return { held: [], familiar: undefined };
    const held = (await sources.credentialsOf(user, browser)).filter((one) => one.method === method && !one.lost);
    return { held, familiar: held.some((one) => one.familiar) ? browser : undefined };
  }

  async #record(
    browser: Browser,
    signIn: SignIn,
    user: User | undefined,
    type: AuditEvent['type'],
    more: Partial<AuditEvent>,
  ): Promise<void> {
    await this.#parts.trail.leave(browser, type, signIn, { ...(user ? { user: user.id } : {}), ...more });
  }
}
