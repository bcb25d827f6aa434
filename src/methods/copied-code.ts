/**
 * A code shown once, copied by hand or read aloud, and typed in another day: how it is made, written, read and hashed. What
 * several methods are made of; it knows none of them.
 */
import { randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { watched } from '../domain/watching.ts';
import { createPool } from './pool.ts';

/** Signs of which no two look alike, in print or in handwriting: 4.7 bits each. */
const signs = '23456789ACDEFHJKMNPQRTVWXY';
/** What people read, hear or type in the place of one of them. */
const alike: Readonly<Record<string, string>> = { B: '8', G: '6', S: '5', U: 'V', Z: '2' };

/** Longer than this nothing is read. */
const LONGEST_TYPED = 128;

/** A new one of so many signs. */
export const newCode = (length: number): string =>
  Array.from({ length }, () => signs[randomInt(signs.length)]).join('');

/** As it is shown: in groups of four. */
export const written = (code: string): string => code.match(/.{1,4}/gu)?.join('-') ?? '';

/** What was meant by what was typed: small letters, spaces, dashes and look-alikes do not matter. Undefined: no such code. */
export function read(typed: unknown): string | undefined {
  if (typeof typed !== 'string' || typed.length > LONGEST_TYPED) return undefined;
  const meant = typed
    .normalize('NFKC')
    .replace(/[\s\p{Dash}.]/gu, '')
    .toUpperCase()
    .replace(/[BGSUZ]/gu, (sign) => alike[sign] ?? sign);
  return meant !== '' && [...meant].every((sign) => signs.includes(sign)) ? meant : undefined;
}

const derive = promisify<string, string, number, object, Buffer>(scrypt);
/** 16 MiB and some tens of milliseconds. */
const cost = { N: 16_384, r: 8, p: 1 };
/** One at a time, so that signing never waits behind guesses; and nobody who is vouched for behind those of strangers. */
const pool = createPool(1);
const strangers = createPool(1, 200);

/**
 * Salted and slow (NIST SP 800-63B-4 section 3.1.2.2: look-up secrets of less than 112 bits), base64url. The same salt for
 * all a guess may be meant for, so that one computation judges it against all of them, and nobody's takes as long. `stranger`:
 * it is a guess of whoever has proved nothing, of which there may be any number. Throws StoreAway when too many wait.
 */
export async function hashOf(code: string, salt: string, stranger = false): Promise<string> {
  const bytes = await (stranger ? strangers : pool)(() =>
    watched('password', 'code', () => derive(code, salt, 32, cost)),
  );
  return bytes.toString('base64url');
}

/** In constant time for hashes of the same length. */
export const same = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};
