/** As long as a name for a credential may be, in characters. */
export const LABEL_LENGTH = 64;

/** Line breaks, controls, halves of characters, and what turns the direction of the words around it. */
const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;

/** A name somebody gives to what they sign in with, in NFC and without white space around it; undefined where it is none. */
export function labelFrom(text: string): string | undefined {
  const label = text.normalize('NFC').trim();
  return label !== '' && [...label].length <= LABEL_LENGTH && !unfit.test(label) ? label : undefined;
}
