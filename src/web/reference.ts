import { randomInt } from 'node:crypto';

const alphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Eight characters safe to read aloud (no 0 O 1 I L U), `7Q4M-K2VX`: printed on a page, logged, and kept in the audit. */
export function reference(): string {
  const text = Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}
