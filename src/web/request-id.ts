/** The name of one request, by which its log lines, its trace and its error page are found together. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const current = new AsyncLocalStorage<string>();

/** A proxy's own names are UUIDs and their like; longer or stranger ones do not come into our log. */
const plausible = /^[\w.:/+=@-]{8,128}$/;

/** What a proxy of ours calls it (X-Request-Id), else a new name of 16 hexadecimal characters: anybody can write a header. */
export function requestIdOf(req: IncomingMessage, trusted: boolean): string {
  const given = req.headers['x-request-id'];
  return trusted && typeof given === 'string' && plausible.test(given) ? given : randomBytes(8).toString('hex');
}

/** Everything `act` starts belongs to the request. */
export const inRequest = <T>(id: string, act: () => T): T => current.run(id, act);

/** Undefined outside of every request. */
export const currentRequest = (): string | undefined => current.getStore();
