import { createHash } from 'node:crypto';
import type { Operation } from '../operations/operation.ts';
import { Problem } from './problem.ts';

/** A strong validator of a resource as it is shown (RFC 9110 section 8.8.3). */
export const etagOf = (body: object): string =>
  `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`;

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
