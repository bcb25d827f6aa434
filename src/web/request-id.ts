/** The name of one request, by which its log lines, its trace and its error page are found together. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A proxy's own names are UUIDs and their like; longer or stranger ones do not come into our log. */
const plausible = /^[\w.:/+=@-]{8,128}$/;

/** What a proxy of ours calls it (X-Request-Id), else a new name of 16 hexadecimal characters: anybody can write a header. */
export function requestIdOf(req: IncomingMessage, trusted: boolean): string {
  const given = req.headers['x-request-id'];
  return trusted && typeof given === 'string' && plausible.test(given) ? given : newName();
}

/** Of a UUID, which Node draws in stock, the digits that are random: asking for eight bytes each time costs a request 2%. */
function newName(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(-8);
}
