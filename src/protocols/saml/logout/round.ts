/**
 * A way round: who still has to be told, through the browser, that a session has ended, and where that leads. Pure; it is
 * looked at anew at every step, so that Back, reload and a late answer all find what is so now.
 */
import type { Known } from './logout-request.ts';

/** One service provider that took part in the session. */
export interface Stop extends Known {
  /** Application id, and its name. */
  readonly application: string;
  readonly name: string;
  /** `asking`: it asked for all this itself. `mute`: it has no address to be told at. */
  readonly state: 'waiting' | 'asked' | 'done' | 'failed' | 'mute' | 'asking';
  /** How often it was asked. */
  readonly tries: number;
}

export interface Round {
  /** Unguessable. */
  readonly id: string;
  /** Hash of the browser's cookie. */
  readonly browser: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly stops: readonly Stop[];
  /** Names of those who are told from server to server, and were not. */
  readonly untold: readonly string[];
  /** An address the browser was going to, or the answer to a request for all this. */
  readonly end: { readonly to: string } | Answer;
  /** The end was reached. */
  readonly over: boolean;
  /** Stops since the browser last stood on a page of ours. */
  readonly run: number;
}

/** Who is answered: an application, the ID of its request, and what it wants back with the answer. */
export interface Answer {
  readonly application: string;
  readonly request: string;
  readonly relayState?: string;
}

/**
 * Browsers give up after 20 redirects, of which a stop takes two and a form by POST three, more where a service provider
 * sends them on within itself: a page of ours in between begins a new count.
 */
const LONGEST_RUN = 3;
/** A second visit may be a double click; whoever is asked a third time does not answer. */
const MOST_TRIES = 2;

const withStop = (round: Round, i: number, change: Partial<Stop>): Round => ({
  ...round,
  stops: round.stops.map((stop, at) => (at === i ? { ...stop, ...change } : stop)),
});

/** The browser stands on our page again: whoever was to send it back has not. */
export function cameBack(round: Round): Round {
  const stops = round.stops.map((stop) => (stop.state === 'asked' ? ({ ...stop, state: 'failed' } as const) : stop));
  return { ...round, stops, run: 0 };
}

/** Who is asked next, and the round then; no `stop`: nobody is left. */
export function goOn(round: Round): { readonly round: Round; readonly stop?: number } {
  const asked = round.stops.findIndex(({ state }) => state === 'asked');
  const given = round.stops[asked];
  if (given && given.tries >= MOST_TRIES) return goOn(withStop(round, asked, { state: 'failed' }));
  const stop = given ? asked : round.stops.findIndex(({ state }) => state === 'waiting');
  if (stop < 0) return { round: { ...round, over: true } };
  const tries = (round.stops[stop] as Stop).tries + 1;
  return { round: { ...withStop(round, stop, { state: 'asked', tries }), run: round.run + 1 }, stop };
}

/** The ID of the request a stop is sent: its answer leads back to the round with nothing kept beside it. */
export const requestId = ({ id, stops }: Round, stop: number): string => `_${id}.${stop}.${stops[stop]?.tries}`;

/** Which round, and which stop of it, an answer is about; nothing is known to be true of it yet. */
export function askedBy(inResponseTo: string): { readonly id: string; readonly stop: number } | undefined {
  const [, id, stop] = /^_([A-Za-z0-9_-]{8,64})\.(\d{1,4})\.\d{1,4}$/.exec(inResponseTo) ?? [];
  return id && stop ? { id, stop: Number(stop) } : undefined;
}

/** What a stop answered; a late yes is true as well. Undefined: it was never sent this request. */
export function heard(round: Round, stop: number, inResponseTo: string, ok: boolean): Round | undefined {
  const one = round.stops[stop];
  const sent = one && Array.from({ length: one.tries }, (_, i) => `_${round.id}.${stop}.${i + 1}`);
  if (!sent?.includes(inResponseTo)) return undefined;
  return one?.state === 'done' ? round : withStop(round, stop, { state: ok ? 'done' : 'failed' });
}

/** A stop that turned out to have no address. */
export const muted = (round: Round, stop: number): Round => withStop(round, stop, { state: 'mute' });

export const finished = ({ stops }: Round): boolean =>
  stops.every(({ state }) => state !== 'waiting' && state !== 'asked');
/** Somebody was not told, or did not say that the session has ended there. */
export const partial = ({ stops, untold }: Round): boolean =>
  untold.length > 0 || stops.some(({ state }) => state === 'failed' || state === 'mute');
/** The browser goes on to the next stop without a page of ours in between. */
export const straightOn = (round: Round): boolean => (finished(round) ? !partial(round) : round.run < LONGEST_RUN);
