import type { Credential } from '../../../src/domain/credential.ts';
import { createAccessPass, opens, type PassTerms } from '../../../src/methods/access-pass/access-pass.ts';
import { ana } from '../../support/people.ts';
import { subject } from '../../support/subject.ts';

const method = createAccessPass();
const now = Date.UTC(2026, 10, 24, 9);
const hour = 3_600_000;
const usual: PassTerms = {
  ...{ user: ana.id, by: 'user:tom', startsAt: now, endsAt: now + 8 * hour },
  ...{ oneTime: true, firstFactor: false },
};

async function issued(terms: Partial<PassTerms> = {}, more: Partial<Credential> = {}) {
  const { pass, credential } = await method.issue({ ...usual, ...terms });
  const kept: Credential = {
    ...{ ...credential, id: 'p1', user: ana.id, failures: 0, disabled: false, createdAt: now },
    ...more,
  };
  return { pass, kept };
}
const show = (pass: string | undefined, credentials: Credential[], more: Parameters<typeof subject>[0] = {}) =>
  method.verify(subject({ user: ana, credentials, now, ...more }), '', pass === undefined ? {} : { code: pass });

test('is twelve signs of which only a hash is kept, salted with the person', async () => {
  const { pass, kept } = await issued();
  expect(pass).toMatch(/^[2-9A-Y]{4}-[2-9A-Y]{4}-[2-9A-Y]{4}$/);
  expect(JSON.stringify(kept)).not.toContain(pass.replaceAll('-', ''));
  expect(kept.secret).toMatch(/^[\w-]{43}$/);
  expect(kept.data).toEqual({
    ...{ by: 'user:tom', startsAt: now, endsAt: now + 8 * hour },
    ...{ oneTime: true, firstFactor: false },
  });
});

test('is as long as the file says, or longer where whoever issues it says so', async () => {
  const long = createAccessPass({ length: 20 });
  const lengths = [await long.issue(usual), await long.issue(usual, 48), await long.issue(usual, 12)].map(
    ({ pass }) => pass.replaceAll('-', '').length,
  );
  expect(lengths).toEqual([20, 48, 20]);
});

test('shown by ana, who is vouched for, it stands in until it ends, and is spent', async () => {
  const { pass, kept } = await issued();
  expect(await show(pass, [kept])).toEqual({
    kind: 'proved',
    standIn: { kind: 'access_pass', method: 'access-pass', until: now + 8 * hour },
    credential: 'p1',
    counter: 1,
    records: { type: 'access-pass.used', detail: { pass: 'p1', by: 'user:tom', oneTime: true } },
  });
});

test('issued as a first factor it is evidence of one where nothing else vouches, and stands in where something does', async () => {
  const { pass, kept } = await issued({ firstFactor: true });
  const begun = await show(pass, [kept], { vouched: false });
  expect(begun).toMatchObject({ evidence: { class: 'access-pass', method: 'access-pass' }, counter: 1 });
  expect(begun).not.toHaveProperty('standIn');
  expect(await show(pass, [kept])).toHaveProperty('standIn');
});

test('of many uses it spends nothing', async () => {
  const { pass, kept } = await issued({ oneTime: false });
  expect(await show(pass, [kept])).not.toHaveProperty('counter');
  expect((await show(pass, [{ ...kept, counter: 1 }])).kind).toBe('proved');
});

describe('one and the same no', () => {
  let pass: string;
  let kept: Credential;
  beforeAll(async () => {
    ({ pass, kept } = await issued());
  });
  const no = { kind: 'wrong' };

  test.each([
    ['before it begins', now - 1, {}],
    ['at its end', now + 8 * hour, {}],
    ['spent', now, { counter: 1 }],
  ])('%s', async (_when, at, more) => {
    expect(await show(pass, [{ ...kept, ...more }], { now: at })).toEqual(no);
    expect(opens({ ...kept, ...more }, at)).toBe(false);
  });

  test('for beginning a sign-in with a pass that was not issued for that', async () => {
    expect(await show(pass, [kept], { vouched: false })).toEqual(no);
  });

  test('withdrawn, or for a name nobody has', async () => {
    expect(await show(pass, [])).toEqual(no);
    const { user: _, ...unknown } = subject({ now, vouched: false });
    expect(await method.verify(unknown, '', { code: pass })).toEqual(no);
  });

  test("with somebody else's pass, were it even kept with theirs", async () => {
    const other = await issued({ user: 'u2' });
    expect(await show(other.pass, [kept])).toEqual(no);
    expect(await show(other.pass, [other.kept])).toEqual(no);
  });

  test.each([undefined, '', '0', 'x'.repeat(100_000), '\u0000', 'ACDE'])('for %j', async (typed) => {
    expect(await show(typed, [kept])).toEqual(no);
  });
});

test('several of one person work side by side', async () => {
  const [one, other] = [await issued({}, { id: 'p1' }), await issued({}, { id: 'p2' })];
  const both = [one.kept, other.kept];
  expect(await show(one.pass, both)).toMatchObject({ credential: 'p1' });
  expect(await show(other.pass, both)).toMatchObject({ credential: 'p2' });
});

test('is no class of its own and guards nobody: whoever has one has nothing of their own', async () => {
  const { kept } = await issued();
  expect([method.classesOf(kept), method.guards, method.registers, method.first]).toEqual([[], false, [], true]);
});
