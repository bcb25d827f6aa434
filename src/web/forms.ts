/**
 * Reads the body of our own forms and nothing else: small, form-encoded, each field once. Whatever else arrives gets a
 * page that says so. Must never be put in front of oidc-provider, which reads its own bodies.
 */
import type { IncomingMessage } from 'node:http';
import { PageError } from './page-error.ts';

const largest = 64 * 1024;
const mostFields = 100;

/** The fields by name, in an object without a prototype. Throws PageError 400, 413 or 415. */
export async function readForm(req: IncomingMessage): Promise<Readonly<Record<string, string>>> {
  const type = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw new PageError(415, 'not-a-form');
  return fieldsOf(await readBody(req));
}

async function readBody(req: IncomingMessage): Promise<string> {
  if (Number(req.headers['content-length']) > largest) throw new PageError(413, 'too-large');
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop destroys the socket, and with it the page that says why.
  await new Promise<void>((resolve, reject) => {
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > largest) {
        req.removeAllListeners('data').resume();
        reject(new PageError(413, 'too-large'));
      } else chunks.push(chunk);
    });
    req.once('end', resolve);
    req.once('error', () => reject(new PageError(400, 'bad-request')));
    req.once('close', () => reject(new PageError(400, 'bad-request')));
  });
  return Buffer.concat(chunks).toString('utf8');
}

function fieldsOf(body: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  let count = 0;
  for (const [name, value] of new URLSearchParams(body)) {
    count += 1;
    if (count > mostFields) throw new PageError(413, 'too-large');
    // A parameter sent twice means two things to two readers; NUL is refused by PostgreSQL, which would make it a 500.
    if (name in fields || value.includes('\0')) throw new PageError(400, 'bad-request');
    fields[name] = value;
  }
  return fields;
}
