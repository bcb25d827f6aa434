/**
 * Authorization and logout requests by POST (OIDC Core section 3.1.2.1). A form posted from another site brings no Lax
 * cookie, so the browser is sent on to the same address by GET; what is too long for an address waits in Kv meanwhile.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Kv } from '../../state/kv.ts';
import { errorPage, type Faults } from './faults.ts';
import { errors } from './library.ts';

/** Holds the id of a waiting request; no protocol uses this name. */
export const waitingParameter = 'stile_request';

const paths = new Set(['/auth', '/session/end']);
const largest = 64 * 1024;
const longestQuery = 4 * 1024;
const waitingSeconds = 300;
const key = (id: string) => `ow:${id}`;

export function postAuthorize(kv: Kv, faults: Faults) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (!paths.has(ctx.path)) return next();
    try {
      if (ctx.method === 'POST') return await sendOn(ctx, kv);
      await takeUp(ctx, kv);
    } catch (error) {
      if (!(error instanceof errors.InvalidRequest)) throw error;
      ctx.status = error.statusCode;
      return errorPage(ctx, { error: error.error, error_description: error.error_description! }, faults);
    }
    await next();
  };
}

async function sendOn(ctx: KoaContextWithOIDC, kv: Kv): Promise<void> {
  if (!ctx.is('application/x-www-form-urlencoded')) throw new errors.InvalidRequest('only forms are read here', 415);
  let query = new URLSearchParams(await readBody(ctx.req)).toString();
  if (query.length > longestQuery) {
    const id = randomBytes(18).toString('base64url');
    await kv.set(key(id), query, waitingSeconds);
    query = `${waitingParameter}=${id}`;
  }
  ctx.status = 303;
  ctx.redirect(query ? `${ctx.path}?${query}` : ctx.path);
}

async function takeUp(ctx: KoaContextWithOIDC, kv: Kv): Promise<void> {
  const id = ctx.query[waitingParameter];
  if (id === undefined) return;
  const waiting = typeof id === 'string' ? await kv.read(key(id)) : undefined;
  if (!waiting) throw new errors.InvalidRequest('this request has expired');
  ctx.url = `${ctx.path}?${waiting.value}`;
}

/** Not `for await`: leaving that loop destroys the socket, and with it the page that says why. */
function readBody(req: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= largest) return chunks.push(chunk);
      req.removeAllListeners('data').resume();
      return reject(new errors.InvalidRequest('the request is too large', 413));
    });
    req.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    req.once('error', () => reject(new errors.InvalidRequest('the request broke off')));
    req.once('close', () => reject(new errors.InvalidRequest('the request broke off')));
  });
}
