/**
 * Stylesheets, scripts and the logo under /assets, from bytes read once. An address carries its file's hash, so it may be
 * kept for a year; the same file without it is asked for again.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { RequestHandler } from 'express';
import { commonHeaders } from './headers.ts';
import { PageError } from './page-error.ts';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzip: Buffer | undefined;
  readonly hash: string;
}

export interface Assets {
  /** For `GET /assets/:file`. */
  readonly handler: RequestHandler;
  /** The address of a file: `/assets/stile.css?v=…`. Throws for a name that is not there. */
  href(name: string): string;
}

/** `dir` is public/; `made` are files by name that configuration makes (brand.css, the logo). `dev` reads `dir` anew. */
export function assets(options: {
  dir: string;
  made?: Readonly<Record<string, string | Buffer>>;
  secure: boolean;
  dev?: boolean;
}): Assets {
  const read = () =>
    new Map([
      ...readdirSync(options.dir).map((name) => [name, asset(name, readFileSync(join(options.dir, name)))] as const),
      ...Object.entries(options.made ?? {}).map(([name, text]) => [name, asset(name, Buffer.from(text))] as const),
    ]);
  const once = read();
  const files = options.dev ? read : () => once;
  return {
    href(name) {
      const found = files().get(name);
      if (!found) throw new Error(`no asset ${name}`);
      return `/assets/${name}?v=${found.hash}`;
    },
    handler(req, res) {
      const found = files().get(String(req.params.file));
      if (!found) throw new PageError(404, 'not-found');
      commonHeaders(res, options.secure);
      // A logo opened by itself is a document on our origin, and an SVG may carry script.
      res.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
      const lasting = req.query.v === found.hash;
      res.setHeader('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'public, max-age=300');
      res.setHeader('content-type', found.type);
      const gzip = found.gzip && req.acceptsEncodings('gzip') ? found.gzip : undefined;
      if (found.gzip) res.setHeader('vary', 'accept-encoding');
      if (gzip) res.setHeader('content-encoding', 'gzip');
      res.setHeader('etag', `"${found.hash}${gzip ? '-gz' : ''}"`);
      res.send(gzip ?? found.bytes);
    },
  };
}

function asset(name: string, bytes: Buffer): Asset {
  const type = types[extname(name)];
  if (!type) throw new Error(`${name}: only ${Object.keys(types).join(' ')} are served`);
  return {
    type,
    bytes,
    gzip: ['.png', '.webp'].includes(extname(name)) ? undefined : gzipSync(bytes),
    hash: createHash('sha256').update(bytes).digest('base64url').slice(0, 16),
  };
}
