/** The code a person carries from one screen to another (RFC 8628 section 6.1). */

/** Twenty consonants: no vowel to spell a word with, no digit, so no 0 beside O and no 1 beside I; 34 bits. */
export const userCodes = { charset: 'base-20', mask: '****-****' } as const;

const longest = 64;

/** As it is looked up: however it was typed, letters alone count. */
export const normalized = (typed: string): string =>
  typed
    .slice(0, longest)
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^A-Z]/g, '');

/** As the device shows it. */
export const displayed = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;
