/** What bad input and absent stores get: an OAuth error in the standard form, a page, or 503; never a stack trace. */
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { StoreAway } from '../../domain/store-away.ts';
import { pageHeaders } from '../../web/headers.ts';
import type { Pages } from './pages.ts';

export interface Faults {
  readonly pages: Pages;
  readonly secure: boolean;
  /** Bugs only; what is expected is not told. */
  readonly onFault: (error: unknown) => void;
}

/** In seconds. */
const retryAfter = 5;

/** The library's error page, for those who ask for HTML and cannot be sent back to their application. */
export async function errorPage(ctx: KoaContextWithOIDC, out: ErrorOut, faults: Faults): Promise<void> {
  if (ctx.status === 404) ctx.status = 400;
  pageHeaders(ctx.res, { secure: faults.secure });
  const application = (ctx.oidc as typeof ctx.oidc | undefined)?.client?.clientName;
  ctx.type = 'html';
  ctx.body = await faults.pages.error(ctx.req, ctx.res, {
    status: ctx.status,
    error: out.error,
    ...(out.error_description ? { description: out.error_description } : {}),
    ...(application ? { application } : {}),
  });
}

/** The library calls every error of ours its own `server_error` with 500; a store that is away is a 503. */
export function serverError(ctx: KoaContextWithOIDC, error: unknown, onFault: Faults['onFault']): void {
  if (!(error instanceof StoreAway)) {
    onFault(error);
    return;
  }
  ctx.status = 503;
  ctx.set('retry-after', String(retryAfter));
  if (ctx.body && typeof ctx.body === 'object') {
    ctx.body = { error: 'temporarily_unavailable', error_description: 'a part of the provider is away' };
    ctx.status = 503;
  }
}

/** Around everything: what the library lets through (a middleware of ours, a session that cannot be saved). */
export function lastResort(faults: Faults) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    try {
      await next();
      if (ctx.status === 404 && !ctx.body && !ctx.res.headersSent) {
        ctx.status = 404;
        await missing(ctx, faults);
      }
    } catch (error) {
      ctx.status = 500;
      ctx.body = undefined;
      serverError(ctx, error, faults.onFault);
      const out = ctx.status === 503 ? 'temporarily_unavailable' : 'server_error';
      const status = error instanceof StoreAway ? 503 : 500;
      await errorPage(Object.assign(ctx, { status }), { error: out }, faults);
    }
  };
}

async function missing(ctx: KoaContextWithOIDC, { pages, secure }: Faults): Promise<void> {
  pageHeaders(ctx.res, { secure });
  const html = await pages.error(ctx.req, ctx.res, { status: 404, error: 'not_found' });
  ctx.body = html;
  ctx.type = 'html';
  ctx.status = 404;
}
