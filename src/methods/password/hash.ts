import { availableParallelism } from 'node:os';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { watched } from '../../domain/watching.ts';
import { createPool } from '../pool.ts';

/** argon2id as OWASP has it: 19 MiB, two passes, one lane (performance.md: 14 ms on a quiet core). */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const argon2id = 2;

/** Longer than any sentence a person types, short enough that nobody makes us normalise megabytes. */
export const longest = 1024;

/** A pool of its own, one core left free, so that signing never waits behind hashing. */
const pool = createPool(Math.max(1, availableParallelism() - 1));

/** How many passwords wait to be hashed. */
export const passwordsWaiting = (): number => pool.waiting();

/**
 * A hash of nothing anybody can type, verified for names nobody has, with the very parameters of real ones: the answer
 * takes as long.
 */
const nobody = '$argon2id$v=19$m=19456,t=2,p=1$c3RpbGUtbm9ib2R5LTAwMQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

/** The same word typed on two keyboards is the same bytes (RFC 8265 section 4.2: NFC). Undefined when it is too long. */
export function prepare(password: string): string | undefined {
  if (password.length > longest) return undefined;
  const normal = password.normalize('NFC');
  return Buffer.byteLength(normal) > longest ? undefined : normal;
}

/** A PHC string with the parameters of today. Throws when the password is too long. */
export async function hashPassword(password: string): Promise<string> {
  const prepared = prepare(password);
  if (prepared === undefined) throw new RangeError(`a password is at most ${longest} bytes`);
  return pool(() => watched('password', 'hash', () => hash(prepared, parameters)));
}

/** Whether the password fits; without a hash it takes as long and does not. */
export async function checkPassword(stored: string | undefined, password: string): Promise<boolean> {
  const prepared = prepare(password);
  if (prepared === undefined) return false;
  const fits = await pool(() =>
    watched('password', 'check', () => verify(stored ?? nobody, prepared)).catch(() => false),
  );
  return fits && stored !== undefined;
}

/** Whether the hash was made with other parameters than today's. */
export function outdated(stored: string): boolean {
  const made = parseOptions(stored);
  return (
    made.algorithm !== argon2id ||
    made.memoryCost !== parameters.memoryCost ||
    made.timeCost !== parameters.timeCost ||
    made.parallelism !== parameters.parallelism
  );
}
