import { due, inTheirStates, mayRotateFrom, shown, type Terms } from '../../src/keys/due.ts';
import type { SigningKey } from '../../src/store/signing-keys.ts';

const DAY = 86_400_000;
const terms: Terms = { algs: ['RS256'], notice: 86_400, overlap: 30 * 86_400, rotateEvery: 90 * 86_400 };
/** One key made on each of these days, in this order. */
const madeOn = (...days: number[]): SigningKey[] =>
  days.map((day) => ({ id: `of ${day}`, alg: 'RS256', jwk: { d: 'private' }, createdAt: day * DAY }));
const ring = (...days: number[]) => inTheirStates(madeOn(...days), ['RS256']);
const at = (day: number, keys = ring(0, 0), more: Partial<Terms> = {}) => due(keys, { ...terms, ...more }, day * DAY);

test('of each algorithm the last key is next, the one before signs, older ones retired when the one after the next was made', () => {
  expect(ring(0, 1, 50, 90).map(({ id, state, retiredAt }) => [id, state, retiredAt])).toEqual([
    ['of 50', 'current', undefined],
    ['of 90', 'next', undefined],
    ['of 0', 'previous', 50 * DAY],
    ['of 1', 'previous', 90 * DAY],
  ]);
});

test('a lone key signs, and one of an algorithm that is not ours does nothing', () => {
  const keys = [...madeOn(0), { ...madeOn(1)[0], alg: 'HS256' } as SigningKey];
  expect(inTheirStates(keys, ['RS256']).map(({ id, state }) => [id, state])).toEqual([['of 0', 'current']]);
});

describe('what is due', () => {
  const nothing = { gone: [], make: [], rotates: false };
  test.each([
    ['a first start makes a current and a next key of each', at(0, []), { ...nothing, make: ['RS256', 'RS256'] }],
    ['a lone key gets a successor', at(0, ring(0)), { ...nothing, make: ['RS256'] }],
    ['nothing, a moment before the time', at(90 - 1e-6), nothing],
    ['the schedule', at(90), { ...nothing, make: ['RS256'], rotates: true }],
    ['the schedule counts from the last change', at(139, ring(0, 0, 50)), { ...nothing, gone: ['of 0'] }],
    ['the schedule, once', at(140, ring(0, 50)), { ...nothing, make: ['RS256'], rotates: true }],
    ['never, where there is no schedule', at(9000, ring(0, 0), { rotateEvery: 0 }), nothing],
    ['not before the next key is known', at(2, ring(0, 0), { rotateEvery: 86_400, notice: 3 * 86_400 }), nothing],
    ['old keys stay for their overlap', at(80 - 1e-6, ring(0, 0, 50)), nothing],
    ['and go when it has passed', at(80, ring(0, 0, 50)), { ...nothing, gone: ['of 0'] }],
    ['both at once', at(140, ring(0, 0, 50)), { gone: ['of 0'], make: ['RS256'], rotates: true }],
    ['a clock that was set back changes nothing', at(-5, ring(0, 0, 50)), nothing],
  ])('%s', (_what, found, wanted) => {
    expect(found).toEqual(wanted);
  });
});

test('what is shown says when keys change and go, and nothing secret', () => {
  const keys = ring(0, 0, 50);
  expect(mayRotateFrom(keys, terms)).toBe(51 * DAY);
  expect(shown(keys, terms)).toEqual({
    keys: [
      { id: 'of 0', alg: 'RS256', state: 'current', createdAt: 0 },
      { id: 'of 50', alg: 'RS256', state: 'next', createdAt: 50 * DAY },
      { id: 'of 0', alg: 'RS256', state: 'previous', createdAt: 0, retiredAt: 50 * DAY, goneAt: 80 * DAY },
    ],
    rotatesFrom: 51 * DAY,
    rotatesAt: 140 * DAY,
  });
  expect(shown(keys, { ...terms, rotateEvery: 0 }).rotatesAt).toBeUndefined();
});
