/** What the addresses of sign-on and logout have in common. */
import type { Request } from 'express';
import { PageError } from '../../../web/page-error.ts';
import { UnreadableMessage } from './binding.ts';
import { Unanswerable } from './receiving.ts';

/** The query as it came: a signature is over its octets. */
export const queryOf = (req: Request): string =>
  req.originalUrl.slice(req.originalUrl.indexOf('?') + 1 || req.originalUrl.length);

/** The id in the address of what waits, of a walk or of a round. Throws PageError. */
export function idOf({ params }: Request): string {
  const id = String(params.id);
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(id)) throw new PageError(400, 'expired');
  return id;
}

/** What is wrong with a message is the application's matter: its administrator reads why under the page's details. */
export function pageOf(error: unknown): unknown {
  if (error instanceof UnreadableMessage) return new PageError(400, 'application', { data: { detail: error.message } });
  if (!(error instanceof Unanswerable)) return error;
  const { message: detail, application } = error;
  return new PageError(400, 'application', { data: { detail, ...(application === undefined ? {} : { application }) } });
}
