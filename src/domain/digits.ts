/**
 * A code as it was sent, from what was typed or pasted: digits of any script (Arabic-Indic, full width) as 0 to 9, without
 * spaces, dashes and what cannot be seen. Anything else stays, so that it matches nothing.
 */
export const plainDigits = (typed: string): string =>
  typed
    .normalize('NFKC')
    .replace(/[\s\p{Pd}\p{Cf}]/gu, '')
    .replace(/\p{Nd}/gu, (digit) => String(valueIn(digit)));

const isDigit = (point: number) => /\p{Nd}/u.test(String.fromCodePoint(point));

/** Every script has its ten digits in a row (Unicode chapter 4.6): how many stand before this one. */
function valueIn(digit: string): number {
  const point = digit.codePointAt(0) as number;
  let value = 0;
  while (value < 9 && isDigit(point - value - 1)) value += 1;
  return value;
}
