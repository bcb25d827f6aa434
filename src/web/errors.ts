/**
 * What bad input and bad luck get: a page that says what to do next, or the same as JSON for programs. Never a stack, a
 * class name or a query. An unexpected error is logged under the reference the page prints.
 */
import type { ServerResponse } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { PageError } from './page-error.ts';
import type { Views } from './views.ts';

export interface Errors {
  /** Answers with the page (or JSON) of any error. Cuts the connection if an answer had already begun. */
  answer(res: ServerResponse, error: unknown): void;
  /** Last in the express app. */
  readonly handler: ErrorRequestHandler;
  /** The route after all others. */
  readonly notFound: RequestHandler;
}

const storeRetry = 5;

export function errors(options: {
  views: Views;
  log: Pick<Logger, 'error' | 'warn' | 'info'>;
  now?: () => number;
}): Errors {
  const { views, log, now = Date.now } = options;
  const answer = (res: ServerResponse, error: unknown) => {
    const shown = pageErrorOf(error);
    report(shown, error, res);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (shown.retryAfter !== undefined) res.setHeader('retry-after', String(Math.ceil(shown.retryAfter)));
    if (prefersJson(res)) sendJson(res, shown);
    else sendPage(res, shown);
  };
  const report = (shown: PageError, error: unknown, res: ServerResponse) => {
    // The path alone: queries carry codes and hints.
    const where = { reference: shown.reference, method: res.req.method, path: res.req.url?.split('?')[0] };
    // What the page tells an administrator under its details is found by the reference too.
    if (shown.status < 500) log.info({ ...where, status: shown.status, ...shown.data }, shown.key);
    else if (shown.key === 'away') log.warn({ ...where, err: error }, 'a store is away');
    else log.error({ ...where, err: error }, 'fault');
  };
  const sendPage = (res: ServerResponse, shown: PageError) => {
    const view = shown.key === 'expired' ? 'signin/expired' : 'errors/error';
    const data = { key: shown.key, detail: shown.data, reference: shown.reference, at: now() };
    try {
      views.render(res, { status: shown.status, view, data });
    } catch (err) {
      log.error({ reference: shown.reference, err }, 'the error page itself');
      res.statusCode = 500;
      res.setHeader('content-type', 'text/plain; charset=utf-8');
      res.end(`Something went wrong on our side.\nReference: ${shown.reference}\n`);
    }
  };
  return {
    answer,
    handler: (error, _req, res, _next) => answer(res, error),
    notFound: () => {
      throw new PageError(404, 'not-found');
    },
  };
}

/** An expected no as it is; a store that is away by its name, however deep; a router's own 4xx; all else is our fault. */
export function pageErrorOf(error: unknown): PageError {
  if (error instanceof PageError) return error;
  if (storeAway(error)) return new PageError(503, 'away', { retryAfter: storeRetry });
  const status = (error as { status?: unknown } | undefined)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500) return new PageError(status, 'bad-request');
  return new PageError(500, 'fault');
}

function storeAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'StoreAway') return true;
  }
  return false;
}

function prefersJson(res: ServerResponse): boolean {
  const accept = res.req.headers.accept ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}

function sendJson(res: ServerResponse, shown: PageError): void {
  res.statusCode = shown.status;
  res.setHeader('content-type', 'application/json; charset=utf-8');
  res.setHeader('cache-control', 'no-store');
  res.setHeader('x-content-type-options', 'nosniff');
  res.end(JSON.stringify({ error: shown.key, reference: shown.reference }));
}
