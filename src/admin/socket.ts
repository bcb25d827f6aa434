import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { dirname, relative } from 'node:path';
import { localActor } from './actor.ts';
import { refusedEarly, requestOf, send } from './api/http.ts';
import { Problem } from './api/problem.ts';
import type { ApiAnswer, ApiRequest, Dispatch } from './api/request.ts';

/**
 * The API for whoever is on this machine: the same requests over a Unix socket that only the server's own user may open.
 * It has no other key; whoever comes through it acts as owner and is put on record as that user of the operating system.
 */
export interface Socket {
  close(): Promise<void>;
}

/** What the kernel allows for the name of a socket, less a little. */
const longestPath = 100;

/** The name to bind or connect to, short enough for the kernel; undefined when there is none. */
function nameOf(path: string): string | undefined {
  const shortest = [path, relative(process.cwd(), path)].sort((a, b) => a.length - b.length)[0] ?? path;
  return process.platform === 'win32' || Buffer.byteLength(shortest) > longestPath ? undefined : shortest;
}

/** Who this process is to the operating system; a user without a name is a number. */
export function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

/**
 * Listens at `path`. Where another living server listens already (two nodes on one machine) it keeps the socket, since
 * both answer from one database; what a dead one left is replaced.
 */
export async function listenSocket(path: string, dispatch: Dispatch): Promise<Socket> {
  const name = nameOf(path);
  if (!name || (await answers(name))) return { close: async () => undefined };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(name, { force: true });
  const by = localActor(osUser());
  const server = createServer((req, res) => {
    requestOf(req)
      .then((asked) => dispatch(asked, by))
      .catch((error) => refusedEarly(error instanceof Problem ? error : new Problem('fault')))
      .then((answer) => send(res, answer))
      .catch(() => res.destroy());
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

/**
 * Asks the server that listens at `path`; undefined when none does. Throws when it does not answer within `patience`
 * milliseconds.
 */
export function askThrough(path: string, asked: ApiRequest, patience = 10_000): Promise<ApiAnswer | undefined> {
  const name = nameOf(path);
  if (!name) return Promise.resolve(undefined);
  const { method, query, headers, body } = asked;
  const target = query.size > 0 ? `${asked.path}?${query}` : asked.path;
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath: name, method, path: target, headers: { ...headers }, timeout: patience },
      (res) => {
        const known = Object.entries(res.headers).map(([key, value]) => [key, String(value)]);
        resolve({ status: res.statusCode ?? 500, headers: Object.fromEntries(known), body: res.setEncoding('utf8') });
      },
    );
    call.once('timeout', () => call.destroy(new Error('the server does not answer')));
    call.once('error', (error: NodeJS.ErrnoException) =>
      ['ENOENT', 'ECONNREFUSED'].includes(error.code ?? '') ? resolve(undefined) : reject(error),
    );
    call.end(body);
  });
}
