import type { Credential } from '../../../src/domain/credential.ts';
import { createRecoveryCode, leftOf } from '../../../src/methods/recovery-code/recovery-code.ts';
import { ana } from '../../support/people.ts';
import { subject } from '../../support/subject.ts';

const method = createRecoveryCode();
const now = Date.UTC(2026, 10, 24, 9);
const registrant = { user: ana, issuer: 'Northfold', held: [], now };

/** A set as ana keeps it, and the codes on her paper. */
async function set(id = 'c1') {
  const { state, show } = await method.register(registrant);
  const registered = await method.confirm(state, { kept: 'yes' }, now);
  if (registered.kind !== 'registered') throw new Error('not registered');
  const more = { id, user: ana.id, failures: 0, disabled: false, createdAt: now };
  const credential: Credential = { ...registered.credential, ...more };
  return { credential, codes: show.codes as string[], registered };
}
const answer = (code: string | undefined, ...credentials: Credential[]) =>
  method.verify(subject({ user: ana, credentials, now }), '', code === undefined ? {} : { code });

let kept: Awaited<ReturnType<typeof set>>;
beforeAll(async () => {
  kept = await set();
});

describe('registering', () => {
  test('shows ten codes of more than fifty bits, and the same ones when the page is loaded again', async () => {
    const begun = await method.register(registrant);
    const codes = begun.show.codes as string[];
    expect(new Set(codes).size).toBe(10);
    expect(codes.every((code) => /^[2-9A-Y]{4}-[2-9A-Y]{4}-[2-9A-Y]{4}$/.test(code))).toBe(true);
    expect(12 * Math.log2(26)).toBeGreaterThan(50);
    const again = await method.register({ ...registrant, now: now + 60_000 }, begun.state);
    expect(again).toEqual(begun);
  });

  test('keeps salted hashes alone, and puts the set in the place of the one before', () => {
    const { credential, registered, codes } = kept;
    const text = JSON.stringify(credential);
    for (const code of codes) {
      expect(text).not.toContain(code);
      expect(text).not.toContain(code.replaceAll('-', ''));
    }
    expect(new Set(JSON.parse(credential.secret).hashes).size).toBe(10);
    expect(registered).toMatchObject({ kind: 'registered', replaces: true });
    // Copying codes down proves nothing.
    expect(registered).not.toHaveProperty('class');
  });

  test.each([
    ['without the tick', { kept: '' }],
    ['with another word', { kept: 'on' }],
    ['with nothing', {}],
  ])('is not finished %s', async (_what, given) => {
    const { state } = await method.register(registrant);
    expect(await method.confirm(state, given as Record<string, string>, now)).toEqual({ kind: 'wrong' });
  });

  test.each(['', '{', '{}', '{"codes":["A"]}', '{"codes":"ABCDEFGHIJ"}', 'null'])(
    'begun by nobody, with state %j, it keeps nothing',
    async (state) => {
      expect(await method.confirm(state, { kept: 'yes' }, now)).toEqual({ kind: 'wrong' });
    },
  );
});

describe('a code', () => {
  test('proves ana, says which one was spent and how many are left', async () => {
    expect(await answer(kept.codes[3], { ...kept.credential, spent: 2 })).toEqual({
      kind: 'proved',
      evidence: { class: 'recovery-code', method: 'recovery-code' },
      credential: 'c1',
      once: '3',
      tells: { kind: 'recovery-code-used', data: { left: 7 } },
    });
  });

  test('is taken however it was copied', async () => {
    const typed = ` ${kept.codes[0]?.toLowerCase().replaceAll('-', ' ').replaceAll('8', 'b').replaceAll('5', 's')} `;
    expect((await answer(typed, kept.credential)).kind).toBe('proved');
  });

  test('of another set or another person proves nothing', async () => {
    const other = await set('c2');
    expect(await answer(other.codes[0], kept.credential)).toEqual({ kind: 'wrong' });
    expect(await answer(kept.codes[0])).toEqual({ kind: 'wrong' });
  });

  test.each([undefined, '', '0', 'ACDE-FHJK', 'x'.repeat(100_000), '２３４５', '\u0000', '٣'])(
    '%j is none, and costs no hash',
    async (typed) => {
      const unread = { ...kept.credential, secret: 'never read' };
      expect(await answer(typed, unread)).toEqual({ kind: 'wrong' });
    },
  );
});

test('whoever has spent all of a set is not asked for one, and is guarded still', () => {
  const spent = { ...kept.credential, spent: 10 };
  expect([leftOf(kept.credential), leftOf(spent)]).toEqual([10, 0]);
  expect([method.classesOf(kept.credential), method.classesOf(spent)]).toEqual([['recovery-code'], []]);
  expect(method.guards).toBe(true);
});

test('where assurance does not count it, it is no half of two and nobody is asked to have some', async () => {
  const uncounted = createRecoveryCode({ counted: false });
  expect(uncounted.classesOf(kept.credential)).toEqual(['recovery-code:uncounted']);
  expect([uncounted.spare, method.spare]).toEqual([undefined, true]);
  const proved = await uncounted.verify(subject({ credentials: [kept.credential], now }), '', {
    code: kept.codes[1] as string,
  });
  expect(proved).toMatchObject({ evidence: { class: 'recovery-code:uncounted' } });
});
