import type { KoaContextWithOIDC } from 'oidc-provider';
import { currentVisit } from './visit.ts';

/**
 * The library writes the session cookie on every request; a late answer to one tab would then undo a rotation made in
 * another, so its writes are dropped. Let pass: the cookie of its own anonymous Session while it holds a logout form's
 * secret. Its cookie naming the interaction goes too: walks are bound to the browser by ours.
 */
export function sessionCookie(names: { session: string; interaction: string }) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    try {
      await next();
    } finally {
      const session = (ctx.oidc as typeof ctx.oidc | undefined)?.session;
      const anonymous = session !== undefined && !session.accountId && session.state !== undefined;
      const cookies = [ctx.res.getHeader('set-cookie') ?? []].flat().map(String);
      const kept = cookies.filter((cookie) => {
        const name = cookie.slice(0, cookie.indexOf('='));
        if (name === names.interaction || name === `${names.interaction}.sig`) return false;
        return name !== names.session || anonymous;
      });
      if (kept.length > 0) ctx.res.setHeader('set-cookie', kept);
      else ctx.res.removeHeader('set-cookie');
      if ((session as { destroyed?: boolean } | undefined)?.destroyed) currentVisit().browser.dropSession();
    }
  };
}
