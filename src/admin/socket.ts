import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { dirname, relative } from 'node:path';
import type { Operations } from './operations.ts';

/**
 * How the command line reaches a running server: JSON over HTTP on a Unix socket that only the server's own user may
 * open. It has no other key, so nothing but what the command line does may ever be asked there.
 */
export interface Socket {
  close(): Promise<void>;
}

/** What the kernel allows for the name of a socket, less a little. */
const longestPath = 100;
const longestBody = 4096;

/** The name to bind or connect to, short enough for the kernel; undefined when there is none. */
function nameOf(path: string): string | undefined {
  const shortest = [path, relative(process.cwd(), path)].sort((a, b) => a.length - b.length)[0] ?? path;
  return process.platform === 'win32' || Buffer.byteLength(shortest) > longestPath ? undefined : shortest;
}

/**
 * Listens at `path`. Where another living server listens already (two nodes on one machine) it keeps the socket, since
 * both answer from one database; what a dead one left is replaced.
 */
export async function listenSocket(path: string, operations: Operations): Promise<Socket> {
  const name = nameOf(path);
  if (!name || (await answers(name))) return { close: async () => undefined };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(name, { force: true });
  const server = createServer((req, res) => {
    const say = (status: number, body: object) =>
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const name = req.url ?? '';
    const operation = req.method === 'POST' && Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (!operation) return say(404, { error: 'unknown operation' });
    asked(req)
      .then(async (body) => say(200, await operation(body)))
      .catch((error) => say(error instanceof SyntaxError ? 400 : 503, { error: String(error.message) }));
  });
  // Bound under this mask at once: between a bind and a chmod another user could connect.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(name, resolve);
      process.umask(mask);
    });
  } finally {
    process.umask(mask);
  }
  chmodSync(name, 0o600);
  server.unref();
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

const answers = (name: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(name, () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });

async function asked(req: IncomingMessage): Promise<Record<string, unknown>> {
  let body = '';
  for await (const chunk of req.setEncoding('utf8')) {
    body += chunk;
    if (body.length > longestBody) throw new SyntaxError('too much');
  }
  return JSON.parse(body) ?? {};
}

/** Asks the server that listens at `path`; undefined when none does. Throws when it could not do it. */
export function askThrough(path: string, operation: string, asked: object): Promise<object | undefined> {
  const name = nameOf(path);
  if (!name) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: name, method: 'POST', path: operation, timeout: 10_000 }, async (res) => {
      let body = '';
      for await (const chunk of res.setEncoding('utf8')) body += chunk;
      if (res.statusCode === 200) resolve(JSON.parse(body));
      else reject(new Error(`the server could not do it: ${body}`));
    });
    call.once('timeout', () => call.destroy(new Error('the server does not answer')));
    call.once('error', (error: NodeJS.ErrnoException) =>
      ['ENOENT', 'ECONNREFUSED'].includes(error.code ?? '') ? resolve(undefined) : reject(error),
    );
    call.end(JSON.stringify(asked));
  });
}
