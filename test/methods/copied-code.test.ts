import { hashOf, newCode, read, same, written } from '../../src/methods/copied-code.ts';

test('a new code has no two signs that look alike, and is another one each time', () => {
  const made = Array.from({ length: 300 }, () => newCode(12));
  expect(new Set(made).size).toBe(300);
  expect([...new Set(made.join(''))].sort().join('')).toBe('23456789ACDEFHJKMNPQRTVWXY');
});

test('is written in groups of four, and read as it was written', () => {
  expect(written('ACDEFHJKMNPQ')).toBe('ACDE-FHJK-MNPQ');
  expect(read('ACDE-FHJK-MNPQ')).toBe('ACDEFHJKMNPQ');
});

test.each([
  ['small letters', 'acde-fhjk-mnpq', 'ACDEFHJKMNPQ'],
  ['spaces, at the ends too', '  ACDE FHJK\tMNPQ\n', 'ACDEFHJKMNPQ'],
  ['dashes of any kind', 'ACDE–FHJK—MNPQ‐', 'ACDEFHJKMNPQ'],
  ['dots', 'ACDE.FHJK.MNPQ', 'ACDEFHJKMNPQ'],
  ['wide letters', 'ＡＣＤＥ', 'ACDE'],
  ['what looks like another sign', 'BGSUZ bgsuz', '865V2865V2'],
])('reads %s', (_what, typed, meant) => {
  expect(read(typed)).toBe(meant);
});

test.each([
  ['nothing', ''],
  ['only what is left out', ' - - '],
  ['a sign there is not', 'ACDE-FHJK-MNP0'],
  ['a letter of another script', 'АCDE-FHJK-MNPQ'],
  ['a line of megabytes', 'A'.repeat(1_000_000)],
  ['no text', 12],
  ['no field', undefined],
])('%s is no code', (_what, typed) => {
  expect(read(typed)).toBeUndefined();
});

test('nobody who is vouched for waits behind the guesses of strangers', async () => {
  let done = 0;
  const guesses = Array.from({ length: 30 }, () => hashOf('ACDEFHJKMNPQ', 'a', true).then(() => (done += 1)));
  await hashOf('ACDEFHJKMNPQ', 'a');
  expect(done).toBeLessThan(25);
  await Promise.all(guesses);
});

test('its hash is salted, slow and says nothing of it', async () => {
  const [one, other] = [await hashOf('ACDEFHJKMNPQ', 'a'), await hashOf('ACDEFHJKMNPQ', 'b')];
  expect(one).toMatch(/^[\w-]{43}$/);
  expect(one).not.toBe(other);
  expect(same(one, await hashOf('ACDEFHJKMNPQ', 'a'))).toBe(true);
  expect(same(one, other)).toBe(false);
  expect(same(one, `${one}x`)).toBe(false);
});
