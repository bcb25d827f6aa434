/** A session as it lies in Kv, and back. */
import { type Evidence, type MethodClassName, methodClasses } from '../domain/evidence.ts';
import type { Participation, Session } from '../domain/session.ts';

const KEPT_EVIDENCE = 40;

/** Short names because a hundred thousand of them lie in Redis. Times in milliseconds since the epoch. */
export interface Stored {
  /** User. */
  u: string;
  /** Hash of the cookie's secret. */
  h: string;
  /** The secret before it: its hash, until when it serves, and how many pieces of evidence it sees. */
  p?: { h: string; t: number; n: number };
  /** Evidence, oldest first: class, time, credential. */
  e: [MethodClassName, number, string?][];
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

/** The method is the beginning of its class's name, so it is not kept. */
export const pack = (piece: Evidence): Stored['e'][number] =>
  piece.credential ? [piece.class, piece.at, piece.credential] : [piece.class, piece.at];

/** What is not of the alphabet (another version's, a stand-in's) is no evidence. */
function unpack([name, at, credential]: Stored['e'][number]): Evidence[] {
  if (!Object.hasOwn(methodClasses, name)) return [];
  const method = name.split(':', 1)[0] as string;
  return [credential ? { class: name, method, at, credential } : { class: name, method, at }];
}

/** A session used for weeks must not grow without end. `p.n`, what the old secret sees, counts from the front. */
export function append(stored: Stored, proofs: readonly Evidence[]): Stored {
  const all = [...stored.e, ...proofs.map(pack)];
  const dropped = Math.max(0, all.length - KEPT_EVIDENCE);
  const p = stored.p && { ...stored.p, n: Math.max(0, stored.p.n - dropped) };
  return { ...stored, e: all.slice(dropped), ...(p ? { p } : {}) };
}

export function toSession(sid: string, stored: Stored, seen = stored.e): Session {
  return {
    sid,
    user: stored.u,
    evidence: seen.flatMap(unpack),
    startedAt: stored.s,
    expiresAt: stored.x,
    stay: stored.y === 1,
    agent: stored.g,
    address: stored.a,
    participants: Object.fromEntries(Object.entries(stored.w).map(([id, note]) => [id, { note }])),
    notes: stored.n ?? {},
  };
}
