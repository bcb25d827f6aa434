/** The name of one request, by which its log lines, its trace and its error page are found together. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A proxy's own names are UUIDs and their like; longer or stranger ones do not come into our log. */
const plausible = /^[\w.:/+=@-]{8,128}$/;

/** What a proxy of ours calls it (X-Request-Id), else a new name of 16 hexadecimal characters: anybody can write a header. */
export function requestIdOf(req: IncomingMessage, trusted: boolean): string {
  const given = req.headers['x-request-id'];
  return trusted && typeof given === 'string' && plausible.test(given) ? given : randomBytes(8).toString('hex');
}
