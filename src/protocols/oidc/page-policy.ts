import type { KoaContextWithOIDC } from 'oidc-provider';
import { pageHeaders } from '../../web/headers.ts';

const pagePaths = /^\/(auth|session\/end)(\/|$)/;

/**
 * Our headers on the library's pages: form_post, and the form that signs somebody out who is signed out already. Both
 * submit themselves by a script whose hash the library adds to the policy; without script they show a button.
 */
export function pagePolicy(secure: boolean) {
  const withHeaders = async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    pageHeaders(ctx.res, { secure });
    await next();
    const hash = /'sha256-[^']+'/.exec(String(ctx.res.getHeader('content-security-policy')))?.[0];
    if (!hash) return;
    const { redirect_uri: answer, post_logout_redirect_uri: after } = ctx.oidc.params ?? {};
    const formAction = [answer, after].filter((target) => typeof target === 'string');
    pageHeaders(ctx.res, { secure, formAction });
    const policy = String(ctx.res.getHeader('content-security-policy'));
    ctx.res.setHeader('content-security-policy', policy.replace("script-src 'self'", `script-src 'self' ${hash}`));
  };
  return (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (pagePaths.test(ctx.path)) return withHeaders(ctx, next);
    ctx.res.setHeader('x-content-type-options', 'nosniff');
    return next();
  };
}
