/**
 * Single logout (saml-profiles-2.0-os section 4.4): our own session ends first, with everybody who is told from server to
 * server; then the browser is taken from one service provider to the next, each in the browser's own window, and whoever
 * does not send it back is passed over when it comes back another way.
 */
import type { Browser } from '../../../authentication/authentication.ts';
import type { Sessions } from '../../../authentication/sessions.ts';
import type { Subjects } from '../../../authentication/subjects.ts';
import type { EndedSession, Session } from '../../../domain/session.ts';
import type { Kv } from '../../../state/kv.ts';
import type { SamlKeys } from '../keys/keys.ts';
import { Unanswerable } from '../messages/receiving.ts';
import { once } from '../messages/replay.ts';
import { requester, success } from '../messages/status.ts';
import { status } from '../names.ts';
import { noted, sessionIndex } from '../note.ts';
import type { LeavingPage } from '../pages.ts';
import type { Parties, Party } from '../providers/parties.ts';
import { leavingPage } from './leaving-page.ts';
import { type Known, type LogoutRequest, means } from './logout-request.ts';
import type { LogoutResponse } from './logout-response.ts';
import { logoutAddress, Outbox, type Sent } from './outbox.ts';
import {
  type Answer,
  askedBy,
  cameBack,
  finished,
  goOn,
  heard,
  muted,
  partial,
  type Round,
  type Stop,
  straightOn,
} from './round.ts';
import { Rounds } from './rounds.ts';

export interface SigningOutParts {
  /** Our entityID. */
  readonly entityId: string;
  readonly sessions: Pick<Sessions, 'load' | 'end'>;
  readonly subjects: Subjects;
  readonly parties: Parties;
  readonly keys: Pick<SamlKeys, 'signer'>;
  readonly kv: Kv;
  readonly now: () => number;
  /** A service provider that was not told that a session ended, or did not say so. */
  readonly onUntold: (application: string, why: string) => void;
}

/** A LogoutRequest that passed every check, as it may wait for the browser. */
export interface Parting extends Answer {
  readonly says: Pick<LogoutRequest, 'nameId' | 'sessionIndexes'>;
}

/** Where it leads from here. */
export type Step = Sent | { readonly kind: 'page'; readonly page: LeavingPage };

const pathOf = ({ id }: Pick<Round, 'id'>): string => `/saml/slo/${id}`;

export class SigningOut {
  readonly #parts: SigningOutParts;
  readonly #rounds: Rounds;
  readonly #outbox: Outbox;

  constructor(parts: SigningOutParts) {
    this.#parts = parts;
    this.#rounds = new Rounds(parts.kv, parts.now);
    this.#outbox = new Outbox(parts);
  }

  /** See Asker.farewell. */
  async farewell(browser: Browser, ended: EndedSession | undefined, then: string): Promise<string | undefined> {
    if (!ended) {
      const last = await this.#rounds.last(browser);
      return last && !last.over ? pathOf(last) : undefined;
    }
    const stops = this.#stops(ended);
    if (stops.length === 0) return undefined;
    return pathOf(await this.#create(browser, { stops, untold: ended.untold, end: { to: then } }));
  }

  /**
   * A service provider asks. A session ends only by the very name, and the index, that we gave this service provider in
   * it: anybody's metadata gives them a signature, and nobody's ends another's session. Success says that this browser is
   * signed in with us as nobody any more (section 3.7.3.2 of saml-core): so it is where there was no session left to
   * end, and so it is not while another one lives here, or where the browser shows no cookie of ours at all, as
   * in a frame.
   */
  async asked(browser: Browser, parting: Parting): Promise<Step> {
    const { sessions, kv, parties, entityId } = this.#parts;
    const { says, ...answer } = parting;
    const party = parties.byApplication(parting.application);
    if (!party) throw new Unanswerable('the service provider is not known any more');
    const met = browser.id !== undefined;
    await once(kv, browser, parting.application, parting.request);
    const isMeant = (known: Known) => means(says, known, { provider: party.provider.entityId, entityId });
    const session = await sessions.load(browser.session);
    if (session) {
      const stops = this.#stops(session, parting.application);
      if (!stops.some((stop) => stop.state === 'asking' && isMeant(stop))) return this.#outbox.answer(answer, unknown);
      // Before the session ends: without the round nobody else would ever be told.
      const round = await this.#create(browser, { stops, untold: [], end: answer });
      const ended = await sessions.end(session.sid, 'asked by an application', browser.address);
      browser.dropSession();
      const { untold = [] } = ended ?? {};
      const known = untold.length > 0 ? await this.#rounds.change(round.id, (one) => ({ ...one, untold })) : round;
      return this.#begin(known ?? round);
    }
    if (!met) return this.#outbox.answer(answer, unknown);
    const last = await this.#rounds.last(browser);
    if (last && 'request' in last.end && sameRequest(last.end, answer)) return { kind: 'go', to: pathOf(last) };
    // Back from whoever is dead, and asked again: the rest of that round, and this answer at its end.
    const stop = last?.over === false ? last.stops.findIndex((one) => one.application === answer.application) : -1;
    if (last && stop >= 0 && isMeant(last.stops[stop] as Stop)) {
      const asking = (round: Round): Round => ({
        ...cameBack(round),
        stops: cameBack(round).stops.map((one, i) => (i === stop ? { ...one, state: 'asking' } : one)),
        end: answer,
      });
      const round = await this.#rounds.change(last.id, asking);
      if (round) return this.#begin(round);
    }
    return this.#outbox.answer(answer, success);
  }

  /** The browser stands here: at first, after Back or a reload, or because it is time for a page of ours. */
  async look(browser: Browser, id: string): Promise<Step | undefined> {
    const before = await this.#rounds.read(browser, id);
    const round = before && (await this.#rounds.change(id, cameBack));
    if (!before || !round) return undefined;
    for (const { state, application } of before.stops)
      if (state === 'asked') this.#parts.onUntold(application, 'the browser came back without its answer');
    if (finished(round) && !partial(round) && 'to' in round.end && round.end.to.startsWith('/'))
      return this.next(browser, id);
    const asking = 'request' in round.end ? this.#parts.parties.byApplication(round.end.application) : undefined;
    return { kind: 'page', page: leavingPage(round, `${pathOf(round)}/next`, asking?.application.name) };
  }

  /** To whoever is next, or to the end. */
  async next(browser: Browser, id: string): Promise<Step | undefined> {
    return (await this.#rounds.read(browser, id)) && this.#forward(id);
  }

  /** The browser brought an answer that was heard: on without a page, as far as browsers bear it. */
  async onward(browser: Browser, id: string): Promise<Step | undefined> {
    const round = await this.#rounds.read(browser, id);
    return round && (straightOn(round) ? this.#forward(id) : { kind: 'go', to: pathOf(round) });
  }

  /** An answer, of whoever signed it; it need not come with the browser's cookies. The round it belongs to. */
  async heard({ application }: Party, { inResponseTo, ok }: LogoutResponse): Promise<string> {
    const about = askedBy(inResponseTo);
    const round =
      about &&
      (await this.#rounds.change(about.id, (one) =>
        one.stops[about.stop]?.application === application.id ? heard(one, about.stop, inResponseTo, ok) : undefined,
      ));
    if (!round) throw new Unanswerable('it answers no request that is still open', application.name);
    if (!ok) this.#parts.onUntold(application.id, 'it answered that the session has not ended there');
    return round.id;
  }

  /** Everybody who takes part in the session by SAML. */
  #stops(session: Session, asking?: string): Stop[] {
    const { parties, subjects } = this.#parts;
    return Object.keys(session.participants).flatMap((application): Stop[] => {
      const nameId = noted(session, application);
      if (!nameId) return [];
      const party = parties.byApplication(application);
      const index = party ? sessionIndex(subjects, session.sid, party.provider.entityId) : '';
      const tellable = party && logoutAddress(party.provider);
      const state = application === asking ? 'asking' : tellable ? 'waiting' : 'mute';
      return [
        { application, name: party?.application.name ?? application, nameId, sessionIndex: index, state, tries: 0 },
      ];
    });
  }

  async #create(browser: Browser, round: Pick<Round, 'stops' | 'untold' | 'end'>): Promise<Round> {
    for (const { state, application } of round.stops)
      if (state === 'mute') this.#parts.onUntold(application, 'it has no address for single logout');
    return this.#rounds.create(browser, round);
  }

  /** Where there is nobody to tell the answer goes straight back. */
  async #begin(round: Round): Promise<Step> {
    if (finished(round) && !partial(round)) return (await this.#forward(round.id)) ?? { kind: 'go', to: pathOf(round) };
    return { kind: 'go', to: pathOf(round) };
  }

  async #forward(id: string): Promise<Step | undefined> {
    let at: number | undefined;
    const round = await this.#rounds.change(id, (one) => {
      const went = goOn(one);
      at = went.stop;
      return went.round;
    });
    if (!round) return undefined;
    if (at === undefined) return this.#arrive(round);
    const asking = this.#outbox.ask(round, at);
    if (asking) return asking;
    // Its metadata had an address when the round began.
    const gone = at;
    await this.#rounds.change(id, (one) => muted(one, gone));
    return this.#forward(id);
  }

  async #arrive(round: Round): Promise<Step> {
    if ('to' in round.end) return { kind: 'go', to: round.end.to };
    // Our own session has ended, whatever others say: that is what the top level is about (section 3.7.3.2).
    return this.#outbox.answer(round.end, partial(round) ? { ...success, second: status.partialLogout } : success);
  }
}

const sameRequest = (one: Answer, other: Answer): boolean =>
  one.application === other.application && one.request === other.request;

const unknown = requester(status.unknownPrincipal, 'nobody of this name is signed in here by this session');
