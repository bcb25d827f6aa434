import { createHash } from 'node:crypto';
import type { Operation } from '../operations/operation.ts';
import { Problem } from './problem.ts';

/** A strong validator of a resource as it is shown (RFC 9110 section 8.8.3). */
export const etagOf = (body: object): string =>
  `"${createHash('sha256').update(JSON.stringify(body, ordered)).digest('base64url').slice(0, 22)}"`;

/** The database gives an object's keys back in an order of its own. */
const ordered = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/**
 * The check a conditional change makes of what it is about to change. Throws Problem 428 when the request does not say
 * what it read, and the check Problem 412 when that is something else than `current`.
 */
export function precondition(one: Operation, ifMatch: string | undefined): (current: object) => void {
  if (!one.conditional) return () => undefined;
  if (ifMatch === undefined) throw new Problem('precondition-required');
  const read = ifMatch.split(',').map((tag) => tag.trim());
  return (current) => {
    if (!read.includes('*') && !read.includes(etagOf(current))) throw new Problem('precondition-failed');
  };
}
