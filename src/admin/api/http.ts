import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from './problem.ts';
import type { ApiAnswer, ApiRequest } from './request.ts';

const largest = 1024 * 1024;

/** A node request as the dispatcher takes it, its body read up to a megabyte. Throws Problem 413. */
export async function requestOf(req: IncomingMessage): Promise<ApiRequest> {
  const [path = '', query = ''] = (req.url ?? '').split('?', 2);
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(req.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return { method: req.method ?? '', path, query: new URLSearchParams(query), headers, body: await bodyOf(req) };
}

/** Sends an answer; lines as they come. */
export async function send(res: ServerResponse, { status, headers, body }: ApiAnswer): Promise<void> {
  res.writeHead(status, headers);
  if (typeof body === 'string') {
    res.end(body);
    return;
  }
  for await (const line of body) {
    if (res.destroyed) return;
    if (!res.write(line)) await new Promise<void>((resolve) => res.once('drain', resolve).once('close', resolve));
  }
  res.end();
}

/** The answer to a request that was refused before it was dispatched. */
export const refusedEarly = (problem: Problem): ApiAnswer => ({
  status: problem.status,
  headers: { ...problem.headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  body: JSON.stringify(problem),
});

async function bodyOf(req: IncomingMessage): Promise<string | undefined> {
  if (Number(req.headers['content-length']) > largest) {
    req.resume();
    throw new Problem('too-large');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop destroys the socket, and with it the answer that says why.
  await new Promise<void>((resolve, reject) => {
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > largest) {
        req.removeAllListeners('data').resume();
        reject(new Problem('too-large'));
      } else chunks.push(chunk);
    });
    req.once('end', resolve);
    req.once('error', reject);
    req.once('close', () => reject(new Problem('invalid-input', 'The request ended early.')));
  });
  return size === 0 ? undefined : Buffer.concat(chunks).toString('utf8');
}
