/**
 * Fetching metadata. The URL an administrator declared may lie anywhere, also inside; where it redirects to, nobody
 * declared: that has to be https and no special-use address, whatever its name resolves to at that moment.
 */
import { lookup as resolve } from 'node:dns';
import { createWriteStream } from 'node:fs';
import { type ClientRequest, get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isSpecial } from './addresses.ts';
import { MetadataError } from './record.ts';

export interface Wanted {
  readonly url: string;
  /** The file to write. */
  readonly to: string;
  /** Bytes. */
  readonly most: number;
  /** What the last answer called itself (ETag, Last-Modified). */
  readonly unless?: Mark | undefined;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** By which a document is recognised. */
export interface Mark {
  readonly etag?: string | undefined;
  readonly modified?: string | undefined;
}

/** A mark of what was written; undefined when nothing changed. Throws MetadataError, errors of network and file system. */
export type Download = (wanted: Wanted) => Promise<Mark | undefined>;

const MOST_REDIRECTS = 5;
const SILENCE_MS = 30_000;
const WHOLE_MS = 5 * 60_000;

export const download: Download = async ({ url, to, most, unless, signal: given }) => {
  const patience = AbortSignal.timeout(WHOLE_MS);
  const signal = given ? AbortSignal.any([patience, given]) : patience;
  let at = new URL(url);
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const answer = await ask(at, hops > 0, unless, signal);
    const { statusCode = 0, headers } = answer;
    if (statusCode === 304 && unless) {
      answer.resume();
      return undefined;
    }
    if ([301, 302, 303, 307, 308].includes(statusCode) && headers.location) {
      answer.destroy();
      at = redirected(at, headers.location);
      continue;
    }
    if (statusCode !== 200) {
      answer.destroy();
      throw new MetadataError(`${at.href} answers ${statusCode}`);
    }
    await save(answer, to, most, signal);
    return { etag: headers.etag, modified: headers['last-modified'] };
  }
  throw new MetadataError(`${url} redirects more than ${MOST_REDIRECTS} times`);
};

function redirected(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw new MetadataError(`${from.href} redirects to no address`);
  const to = new URL(location, from);
  if (to.protocol !== 'https:') throw new MetadataError(`${from.href} redirects to ${to.origin}, which is not https`);
  const host = to.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) && isSpecial(host)) throw special(host);
  return to;
}

const special = (address: string) =>
  new MetadataError(`it redirects to ${address}, a special-use address that nobody declared`);

/** Looks at what a name resolved to before anything is connected, so that no later answer can differ. */
const guarded: LookupFunction = (hostname, options, done) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '', 4);
    const wrong = addresses.find(({ address }) => isSpecial(address));
    if (wrong) return done(special(`${hostname} (${wrong.address})`), '', 4);
    const [first] = addresses;
    if (options.all) done(null, addresses);
    else done(null, first?.address ?? '', first?.family);
  });
};

function ask(url: URL, guard: boolean, unless: Mark | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const options: RequestOptions = {
    headers: {
      accept: 'application/samlmetadata+xml, application/xml, text/xml',
      'accept-encoding': 'gzip',
      'user-agent': 'Stile',
      ...(unless?.etag ? { 'if-none-match': unless.etag } : {}),
      ...(unless?.modified ? { 'if-modified-since': unless.modified } : {}),
    },
    timeout: SILENCE_MS,
    signal,
    agent: false,
    ...(guard ? { lookup: guarded } : {}),
  };
  return new Promise((resolve, reject) => {
    const get = url.protocol === 'https:' ? getHttps : getHttp;
    const request: ClientRequest = get(url, options, resolve);
    request.on('timeout', () => request.destroy(new MetadataError(`${url.href} does not answer`)));
    request.on('error', reject);
  });
}

async function save(answer: IncomingMessage, to: string, most: number, signal: AbortSignal): Promise<void> {
  let size = 0;
  const capped = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > most) done(new MetadataError(`it is larger than ${most} bytes`));
      else done(null, chunk);
    },
  });
  const file = createWriteStream(to, { mode: 0o600 });
  // What unpacks to more than `most` is cut off while it unpacks.
  if (answer.headers['content-encoding'] === 'gzip') await pipeline(answer, createGunzip(), capped, file, { signal });
  else await pipeline(answer, capped, file, { signal });
}
