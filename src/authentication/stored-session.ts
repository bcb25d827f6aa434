/** A session as it lies in Kv, and back. */
import { type Evidence, type MethodClassName, mailboxOnce, methodClasses } from '../domain/evidence.ts';
import type { Participation, Session } from '../domain/session.ts';
import type { StandIn } from '../domain/stand-in.ts';

const KEPT_EVIDENCE = 40;

/** Short names because a hundred thousand of them lie in Redis. Times in milliseconds since the epoch. */
export interface Stored {
  /** User. */
  u: string;
  /** Hash of the cookie's secret. */
  h: string;
  /** The secret before it: its hash, until when it serves, and how many pieces of evidence it sees. */
  p?: { h: string; t: number; n: number };
  /**
   * What was shown, oldest first: class (of a stand-in `~` and its kind), time, credential, and of evidence 1 where the
   * mailbox gave it, of a stand-in until when it stands.
   */
  e: [MethodClassName | `~${StandIn['kind']}`, number, (string | null)?, number?][];
  /** Start and expiry. */
  s: number;
  x: number;
  /** Stay signed in. */
  y?: 1;
  /** Agent and address. */
  g: string;
  a: string;
  /** Who takes part, by application. */
  w: Record<string, Participation['note']>;
  /** Notes, by asker. */
  n?: Session['notes'];
}

type Piece = Stored['e'][number];

/** The method is the beginning of its class's name, so it is not kept. */
export const pack = (one: Evidence | StandIn): Piece => {
  const name = 'class' in one ? one.class : (`~${one.kind}` as const);
  const more = 'class' in one ? (one.mailbox ? 1 : undefined) : one.until;
  if (more !== undefined) return [name, one.at, one.credential ?? null, more];
  return one.credential ? [name, one.at, one.credential] : [name, one.at];
};

/** What is not of the alphabet (another version's, a stand-in's) is no evidence. */
function evidenceIn([name, at, credential, mailbox]: Piece): Evidence[] {
  if (!Object.hasOwn(methodClasses, name)) return [];
  const found = { class: name as MethodClassName, method: name.split(':', 1)[0] as string, at };
  return [{ ...found, ...(credential ? { credential } : {}), ...(mailbox ? { mailbox: true } : {}) }];
}

function standInsIn([name, at, credential, until]: Piece): StandIn[] {
  if (!name.startsWith('~')) return [];
  const kind = name.slice(1) as StandIn['kind'];
  const found = { kind, method: kind.replaceAll('_', '-'), at };
  return [{ ...found, ...(credential ? { credential } : {}), ...(until ? { until } : {}) }];
}

/** A session used for weeks must not grow without end. `p.n`, what the old secret sees, counts from the front. */
export function append(stored: Stored, shown: readonly (Evidence | StandIn)[]): Stored {
  const all = [...stored.e, ...shown.map(pack)];
  const dropped = Math.max(0, all.length - KEPT_EVIDENCE);
  const p = stored.p && { ...stored.p, n: Math.max(0, stored.p.n - dropped) };
  return { ...stored, e: all.slice(dropped), ...(p ? { p } : {}) };
}

export function toSession(sid: string, stored: Stored, seen = stored.e): Session {
  return {
    sid,
    user: stored.u,
    evidence: mailboxOnce(seen.flatMap(evidenceIn)),
    standIns: seen.flatMap(standInsIn),
    startedAt: stored.s,
    expiresAt: stored.x,
    stay: stored.y === 1,
    agent: stored.g,
    address: stored.a,
    participants: Object.fromEntries(Object.entries(stored.w).map(([id, note]) => [id, { note }])),
    notes: stored.n ?? {},
  };
}
