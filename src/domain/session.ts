import type { Evidence } from './evidence.ts';
import type { StandIn } from './stand-in.ts';

/** What one application keeps in a session of ours, by application id. The engine never looks inside `note`. */
export interface Participation {
  readonly note: Readonly<Record<string, unknown>>;
}

/** One browser's standing, hours long. Stored under its `sid`; only the hash of its cookie's secret is kept. */
export interface Session {
  readonly sid: string;
  readonly user: string;
  /** Everything proved in it, oldest first. */
  readonly evidence: readonly Evidence[];
  /** What was shown in it that is no evidence, oldest first. */
  readonly standIns: readonly StandIn[];
  readonly startedAt: number;
  readonly expiresAt: number;
  /** "Stay signed in": lengthens the session, never its evidence. */
  readonly stay: boolean;
  readonly agent: string;
  readonly address: string;
  readonly participants: Readonly<Record<string, Participation>>;
  /** What an asker keeps about the session itself, by the asker's name. */
  readonly notes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Whether a credential proved something in it, or stood in. */
export const showed = ({ evidence, standIns }: Pick<Session, 'evidence' | 'standIns'>, credential: string): boolean =>
  [...evidence, ...standIns].some((piece) => piece.credential === credential);

/** A session as it was when it ended. */
export interface EndedSession extends Session {
  /** Names of those who took part, are told from server to server, and were not: they cannot be, or did not answer. */
  readonly untold: readonly string[];
}
