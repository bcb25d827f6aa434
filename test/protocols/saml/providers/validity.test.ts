/** How long metadata may be used, and when a newer one is looked for. */
import fc from 'fast-check';
import { durationOf, instantOf } from '../../../../src/protocols/saml/providers/times.ts';
import {
  checkAggregate,
  checkEnd,
  waitAfterFailure,
  waitAfterSuccess,
} from '../../../../src/protocols/saml/providers/validity.ts';

const now = Date.UTC(2026, 10, 22);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('an aggregate', () => {
  test.each([
    ['five days', { validUntil: now + 5 * day }],
    ['28 days from now', { validUntil: now + 28 * day }],
    ['28 days from when it was made', { validUntil: now + 20 * day, creationInstant: now - 8 * day }],
    ['made on a clock a little fast', { validUntil: now + 5 * day, creationInstant: now + 4 * minute }],
  ])('is taken: %s', (_what, root) => {
    expect(() => checkAggregate(root, now)).not.toThrow();
  });

  test.each([
    ['without an end', {}, /no validUntil/],
    ['after its end', { validUntil: now }, /was valid until 2026-11-22T00:00:00.000Z/],
    ['good for too long from now', { validUntil: now + 28 * day + hour }, /more than 28 days ahead/],
    [
      'good for too long from when it was made, so that an old one could be shown for months',
      { validUntil: now + 5 * day, creationInstant: now - 24 * day },
      /more than 28 days ahead/,
    ],
    ['made tomorrow', { validUntil: now + 5 * day, creationInstant: now + day }, /lies in the future/],
  ])('is refused: %s', (_what, root, why) => {
    expect(() => checkAggregate(root, now)).toThrow(why);
  });
});

test('what an administrator declared needs no end, and has none when it says none', () => {
  expect(() => checkEnd({}, now)).not.toThrow();
  expect(() => checkEnd({ validUntil: now - 1 }, now)).toThrow(/was valid until/);
});

describe('the next look', () => {
  test.each([
    ['what the document says', { cacheDuration: 6 * hour }, 6 * hour],
    ['an hour, when it says nothing', {}, hour],
    ['not every second', { cacheDuration: 1000 }, 5 * minute],
    ['at least daily', { cacheDuration: 90 * day }, day],
    ['several times before it ends', { cacheDuration: 6 * hour, validUntil: now + 4 * hour }, hour],
  ])('%s', (_what, root, wait) => {
    expect(waitAfterSuccess(root, now, 0.5)).toBe(wait);
  });

  test('comes sooner after a failure, and less soon after each', () => {
    expect([1, 2, 3, 4, 99].map((failures) => waitAfterFailure(failures, 0.5))).toEqual([
      minute,
      2 * minute,
      4 * minute,
      8 * minute,
      hour,
    ]);
  });

  test('is never now, never never, and not the same on all nodes', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: -day, max: day }), (chance, end) => {
        const wait = waitAfterSuccess({ validUntil: now + end }, now, chance);
        expect(wait).toBeGreaterThanOrEqual(4 * minute);
        expect(wait).toBeLessThanOrEqual(1.2 * day);
      }),
    );
    expect(waitAfterSuccess({}, now, 0)).not.toBe(waitAfterSuccess({}, now, 1));
  });
});

describe('times as metadata writes them', () => {
  test.each([
    ['2026-11-22T00:00:00Z', now],
    ['2026-11-22T00:00:00.000Z', now],
    [' 2026-11-22T02:00:00+02:00 ', now],
    ['2026-11-22T00:00:00', now],
  ])('%s', (text, at) => {
    expect(instantOf(text, 'validUntil')).toBe(at);
  });

  test.each(['2026-11-22', 'soon', '2026-13-01T00:00:00Z', ''])('%s is none', (text) => {
    expect(() => instantOf(text, 'validUntil')).toThrow('validUntil is no date and time');
  });

  test.each([
    ['PT6H', 6 * hour],
    ['P1DT1H1M1.5S', day + hour + minute + 1000],
    ['P1M', 30 * day],
    ['PT0S', undefined],
    ['P', undefined],
    ['-P1D', undefined],
    ['6h', undefined],
    [undefined, undefined],
  ])('%s', (text, length) => {
    expect(durationOf(text)).toBe(length);
  });
});
