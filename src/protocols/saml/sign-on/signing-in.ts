/**
 * A sign-in from a checked request to a signed answer. The engine is asked before the walk and again after it, so that a
 * wrong page flow can never issue anything; what is asserted is compiled from the Outcome's evidence and nothing else.
 */
import type { Assurance } from '../../../authentication/assurance.ts';
import type { Authentication, Browser, Walk } from '../../../authentication/authentication.ts';
import type { Sessions } from '../../../authentication/sessions.ts';
import type { Subjects } from '../../../authentication/subjects.ts';
import type { Outcome } from '../../../domain/outcome.ts';
import type { User } from '../../../domain/user.ts';
import type { NameIds } from '../../../store/name-ids.ts';
import type { SamlKeys } from '../keys/keys.ts';
import { Unanswerable } from '../messages/receiving.ts';
import { refused, requester, responder, type Status } from '../messages/status.ts';
import { binding, status } from '../names.ts';
import { keptName, noted, sessionIndex } from '../note.ts';
import type { AttributeRule } from '../providers/options.ts';
import type { Parties, Party } from '../providers/parties.ts';
import type { EncryptionKey } from '../providers/provider.ts';
import type { Canonical } from '../xml/canonical.ts';
import { askOf } from './ask.ts';
import { answersTo, asserted, type ContextClass, contextClasses, unasked } from './context.ts';
import { methodReferences } from './methods.ts';
import { formatFor, isCalled, type Naming, nameFor, saidBy, unnamed } from './name-id.ts';
import { attributesOf, rulesFor, UnknownAttributeService } from './release.ts';
import { refusalResponse, type Statement, successResponse } from './response.ts';
import { readTicket, type Ticket, writeTicket } from './ticket.ts';

export interface SigningInParts {
  /** Our entityID, and the scope of the subject identifiers we make. */
  readonly entityId: string;
  readonly scope: string;
  readonly authentication: Authentication;
  readonly assurance: Assurance;
  readonly sessions: Pick<Sessions, 'load' | 'bySid' | 'participate' | 'latestEnd'>;
  readonly subjects: Subjects;
  readonly people: { byId(id: string): Promise<User | undefined> };
  readonly names: NameIds;
  readonly parties: Parties;
  readonly keys: Pick<SamlKeys, 'signer'>;
  readonly now: () => number;
  /** An application was answered with a refusal: which one, and why. */
  readonly onRefused: (application: string, why: Status) => void;
}

/** Where the browser goes from here: to a page of ours, or with a form to the service provider. */
export type Reply =
  | { readonly kind: 'page'; readonly path: string }
  | { readonly kind: 'answer'; readonly party: Party; readonly ticket: Ticket; readonly response: Canonical };

export const askerName = 'saml';

/** What a request wants, as this service provider may want it. */
interface Wish {
  readonly answers: ReturnType<typeof answersTo>;
  readonly rules: readonly AttributeRule[];
  readonly format: string;
  /** What the assertion is encrypted to, if it is. */
  readonly key: EncryptionKey | undefined;
}

export class SigningIn {
  readonly #parts: SigningInParts;
  readonly #classes: ReturnType<typeof contextClasses>;

  readonly #orders = new Map<string | undefined, readonly ContextClass[]>();

  constructor(parts: SigningInParts) {
    this.#parts = parts;
    this.#classes = contextClasses(parts.assurance);
  }

  /** A request that just arrived; `id` is the one it already waits under. */
  async begin(browser: Browser, ticket: Ticket, id?: string): Promise<Reply> {
    return this.#answer(browser, ticket, undefined, id);
  }

  /** The browser comes back from a walk, or before it has ended (Back, a bookmark). Undefined: no such walk. */
  async resume(browser: Browser, id: string): Promise<Reply | undefined> {
    const walk = await this.#parts.authentication.walk(browser, id, askerName);
    if (!walk) return undefined;
    return walk.end ? this.#answer(browser, readTicket(walk.ticket), walk) : { kind: 'page', path: `/signin/${id}` };
  }

  async #answer(browser: Browser, ticket: Ticket, walk: Walk | undefined, id?: string): Promise<Reply> {
    const { authentication, parties } = this.#parts;
    const party = parties.byApplication(ticket.application);
    if (!party) throw new Unanswerable(`the service provider is not known any more`);
    const wish = this.#wish(ticket, party);
    if ('top' in wish) return this.#refuse(party, ticket, wish);
    const ask = walk?.ask ?? (await this.#ask(browser, ticket, party, wish));
    // Before the engine looks: whom it lets through goes on record as signed in.
    if (walk?.end && 'user' in walk.end && !(await this.#asked(walk.end.user, browser, ticket, party))) {
      await authentication.forget(walk.id);
      return this.#refuse(party, ticket, refused('other-person', false));
    }
    const evaluation = await authentication.evaluate(browser, ask, { walk: walk?.id });
    if (walk) await authentication.forget(walk.id);
    if (evaluation.kind === 'done') return this.#let(party, ticket, wish, evaluation.outcome);
    if (ask.passive || (walk?.end && 'refusal' in walk.end))
      return this.#refuse(party, ticket, refused(evaluation.refusal, wish.answers !== undefined));
    const resume = { asker: askerName, ticket: writeTicket(ticket), ...(id === undefined ? {} : { id }) };
    return { kind: 'page', path: (await authentication.begin(browser, ask, resume)).path };
  }

  /** What is asked for, or why nobody can have it. */
  #wish(ticket: Ticket, party: Party): Wish | Status {
    const { assurance } = this.#parts;
    const { request } = ticket;
    const { options, provider } = party;
    if (request?.protocolBinding !== undefined && request.protocolBinding !== binding.post)
      return requester(status.unsupportedBinding, 'answers are sent by HTTP-POST only');
    const key = options.encrypt === 'never' ? undefined : provider.encryptionKeys[0];
    if (!key && options.encrypt === 'always')
      return responder(status.requestUnsupported, 'metadata has no key to encrypt to');
    const format = formatFor(request?.nameIdPolicy, party);
    if (format === undefined)
      return requester(
        status.invalidNameIdPolicy,
        `this name identifier policy cannot be followed: names are ${formatFor(undefined, party)} here`,
      );
    const answers = answersTo(request?.context, this.#classes, assurance, options.ignoreRequestedContext);
    if (answers?.length === 0) return responder(status.noAuthnContext, 'no requested authentication context is known');
    try {
      return { answers, format, key, rules: rulesFor(party, request?.attributeIndex) };
    } catch (error) {
      if (!(error instanceof UnknownAttributeService)) throw error;
      return requester(status.requestUnsupported, error.message);
    }
  }

  async #ask(browser: Browser, ticket: Ticket, party: Party, { answers, rules, format }: Wish) {
    const told = [...rules.map(({ from }) => from), saidBy(format, party.options) ?? []].flat();
    if (!ticket.request?.subject) return askOf({ ticket, answers, told });
    const session = await this.#parts.sessions.load(browser.session);
    const there = session && (await this.#asked(session.user, browser, ticket, party)) ? session.user : undefined;
    return askOf({ ticket, answers, told, ...(there === undefined ? { choose: true } : { subject: there }) });
  }

  /** Whether the answer may be about this person: whoever it is, unless the request names somebody. */
  async #asked(userId: string, browser: Browser, { request }: Ticket, party: Party): Promise<boolean> {
    if (!request?.subject) return true;
    const user = await this.#parts.people.byId(userId);
    const session = await this.#parts.sessions.load(browser.session);
    const own = session?.user === userId ? session : undefined;
    return user !== undefined && isCalled(user, request.subject, party, this.#naming(noted(own, party.application.id)));
  }

  async #let(
    party: Party,
    ticket: Ticket,
    { answers, rules, format, key }: Wish,
    { user, sid, evidence }: Outcome,
  ): Promise<Reply> {
    const { assurance, sessions, subjects, scope } = this.#parts;
    const { application, provider, options } = party;
    const session = sid === undefined ? undefined : await sessions.bySid(sid);
    if (!session) return this.#refuse(party, ticket, refused('sign-in-needed', false));
    const said = asserted(evidence, answers ?? this.#unasked(options.context), assurance);
    if (!said) return this.#refuse(party, ticket, refused('requirements-unmet', answers !== undefined));
    const before = noted(session, application.id);
    const create = ticket.request?.nameIdPolicy?.allowCreate !== false;
    const made = await nameFor(user, format, party, { ...this.#naming(before), create });
    if (!made) return this.#refuse(party, ticket, requester(status.invalidNameIdPolicy, unnamed(format, party)));
    const nameId = made === before ? made : await keptName(sessions, session.sid, application.id, made);
    // It ended meanwhile: whoever got an assertion of it now would never be told.
    if (!nameId) return this.#refuse(party, ticket, refused('sign-in-needed', false));
    const { entityId } = provider;
    const ids = {
      subjectId: `${user.id}@${scope}`,
      pairwiseId: `${Buffer.from(subjects.pairwise(user.id, entityId), 'base64url').toString('hex')}@${scope}`,
      principalName: `${user.username}@${scope}`,
    };
    const statement: Statement = {
      nameId,
      audience: entityId,
      contextClass: said.name,
      authenticatedAt: said.at,
      sessionIndex: sessionIndex(subjects, session.sid, entityId),
      sessionUntil: sessions.latestEnd(session),
      attributes: [...attributesOf(user, rules, ids), ...methodReferences(evidence, assurance)],
    };
    return { kind: 'answer', party, ticket, response: successResponse(this.#envelope(party, ticket), statement, key) };
  }

  /** Sorted once for each class that some application prefers: there are few, and every answer asks. */
  #unasked(preferred: string | undefined): readonly ContextClass[] {
    const known = this.#orders.get(preferred);
    if (known) return known;
    const order = unasked(this.#classes, preferred, this.#parts.assurance);
    this.#orders.set(preferred, order);
    return order;
  }

  #refuse(party: Party, ticket: Ticket, why: Status): Reply {
    this.#parts.onRefused(party.application.id, why);
    return { kind: 'answer', party, ticket, response: refusalResponse(this.#envelope(party, ticket), why) };
  }

  #naming = (before: Naming['before']): Naming => ({ names: this.#parts.names, before, now: this.#parts.now() });

  #envelope({ options }: Party, { consumer, request }: Ticket) {
    return {
      issuer: this.#parts.entityId,
      destination: consumer,
      ...(request ? { inResponseTo: request.id } : {}),
      now: this.#parts.now(),
      signer: this.#parts.keys.signer(options.algorithm),
      sign: options.sign,
    };
  }
}
