/**
 * What everybody reads of us and nobody is asked for: discovery (OIDC Discovery 1.0, RFC 8414) and the keys (RFC 7517
 * section 5). The library says what stands in them, once for each change of keys; then they are bytes.
 */
import { hash } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

type Answer = (req: IncomingMessage, res: ServerResponse) => unknown;

interface Document {
  readonly type: string;
  readonly bytes: Buffer;
  /** With its quotes. */
  readonly etag: string;
}

const paths = ['/jwks', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

/**
 * Seconds a copy may be used. Not longer than a next key is published before it signs (`keys.publish_ahead`, at least
 * twice this), and short, because a key taken back after a leak is believed as long as its copies are.
 */
export const KEPT_SECONDS = 300;

export class Documents {
  readonly #library: Answer;
  readonly #made = new Map<string, Promise<Document>>();

  /** Of one library and its keys; another one has other documents. */
  constructor(library: Answer) {
    this.#library = library;
  }

  /** Whether a request is for a document, and not for leave to read one (a preflight). */
  has({ method, url = '' }: IncomingMessage): boolean {
    return (method === 'GET' || method === 'HEAD') && paths.includes(pathOf(url));
  }

  /** Answers it. Anybody may read it, from any origin, and keep it for a while. */
  async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { type, bytes, etag } = await this.#document(pathOf(req.url ?? ''));
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('access-control-allow-origin', '*');
    res.setHeader('cache-control', `public, max-age=${KEPT_SECONDS}`);
    res.setHeader('etag', etag);
    if (known(req.headers['if-none-match'], etag)) {
      res.writeHead(304).end();
      return;
    }
    res.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
    res.end(req.method === 'HEAD' ? undefined : bytes);
  }

  #document(path: string): Promise<Document> {
    let document = this.#made.get(path);
    if (!document) {
      document = said(this.#library, path);
      this.#made.set(path, document);
      // What could not be made is asked for again.
      document.catch(() => this.#made.delete(path));
    }
    return document;
  }
}

const pathOf = (url: string): string => url.split('?', 1)[0] as string;

/** RFC 9110 section 13.1.2: a list, compared weakly, or anything that exists. */
const known = (asked: string | undefined, etag: string): boolean =>
  asked !== undefined && asked.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);

/** What the library answers to a request that nobody sent. */
function said(library: Answer, path: string): Promise<Document> {
  const req = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: path });
  const res = new ServerResponse(req);
  return new Promise((resolve, reject) => {
    res.end = ((body: unknown) => {
      const bytes = Buffer.from(String(body));
      const type = String(res.getHeader('content-type'));
      if (res.statusCode === 200) resolve({ type, bytes, etag: `"${hash('sha256', bytes, 'base64url')}"` });
      else reject(new Error(`the library answered ${res.statusCode} to ${path}`));
      return res;
    }) as typeof res.end;
    Promise.resolve(library(req, res)).catch(reject);
  });
}
