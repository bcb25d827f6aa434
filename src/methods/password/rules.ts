import { common } from './blocklist.ts';
import { prepare } from './hash.ts';

/** The one rule that is broken, for the page to say in its own words. */
export type Broken = 'too-short' | 'too-long' | 'too-common' | 'too-close';

/** NIST SP 800-63B-4 section 3.1.1.2, in characters: signing in alone; only ever beside a second factor. */
export const shortest = { alone: 15, beside: 8 } as const;

const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'yxcvbnm',
  'zxcvbnm',
];
const straight = rows.flatMap((row) => [row, [...row].reverse().join('')]);
const spelled: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'l',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');
const unleet = (text: string): string => text.replace(/[013457@$!]/gu, (sign) => spelled[sign] ?? sign);
const trim = (text: string): string => text.replace(/^[\p{N}\p{P}\p{S}]+|[\p{N}\p{P}\p{S}]+$/gu, '');

/** "abcabcabc" is "abc": saying a word again adds nothing a guesser would not try. */
function unit(text: string): string {
  const at = `${text}${text}`.indexOf(text, 1);
  return text.slice(0, at);
}

/** Without the digits and signs around it, where what is left is the better half; a long number is no disguise. */
function bare(text: string): string {
  const core = trim(text);
  return core.length * 2 >= text.length ? core : text;
}

/** What a guesser reduces a password to: its core in every common disguise. */
function cores(password: string): Set<string> {
  const plain = fold(password);
  const joined = plain.replace(/[\p{P}\p{S}]/gu, '');
  const shapes = [plain, joined, bare(plain), bare(joined), unleet(plain), unleet(bare(plain))];
  return new Set(shapes.flatMap((shape) => [shape, unit(shape), bare(unit(shape))]));
}

/** Made of at most two runs along the alphabet, the digits or a row of keys, or of three different characters or fewer. */
function walked(password: string): boolean {
  const text = fold(password);
  if (new Set(text).size <= 3) return true;
  let [runs, rest] = [0, text];
  while (rest && runs < 3) {
    const row = Math.max(...straight.map((keys) => sharedRun(`${keys}${keys}`, rest)));
    if (row < 3) return false;
    rest = rest.slice(row);
    runs += 1;
  }
  return rest === '' && runs < 3;
}

/** How many characters at the start of `text` stand in `keys` in one piece. */
function sharedRun(keys: string, text: string): number {
  let length = Math.min(keys.length, text.length);
  while (length > 0 && !keys.includes(text.slice(0, length))) length -= 1;
  return length;
}

/** Whether nothing but a few characters is left when the person's and the service's own words are taken out. */
function leans(password: string, context: readonly string[]): boolean {
  const words = context
    .flatMap((text) => [fold(text), ...text.split(/[\s.@_-]+/u).map(fold)])
    .filter((word) => [...word].length >= 3);
  for (const shape of [fold(password), unleet(fold(password))]) {
    let rest = shape;
    for (const word of words.sort((a, b) => b.length - a.length)) rest = rest.replaceAll(word, '');
    if (rest !== shape && ([...trim(rest)].length < 5 || common.has(trim(rest)))) return true;
  }
  return false;
}

/**
 * The rule this password breaks, if any: length counted in characters, a list of common ones, the words of the person
 * and the service. There are no rules of composition and none may be added: NIST forbids them.
 */
export function broken(
  password: string,
  { minimum, context }: { minimum: number; context: readonly string[] },
): Broken | undefined {
  const prepared = prepare(password);
  if (prepared === undefined) return 'too-long';
  if ([...prepared].length < minimum) return 'too-short';
  if (walked(prepared) || [...cores(prepared)].some((core) => common.has(core))) return 'too-common';
  return leans(prepared, context) ? 'too-close' : undefined;
}
