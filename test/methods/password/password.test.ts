import { hashSync } from '@node-rs/argon2';
import type { Credential, NewCredential } from '../../../src/domain/credential.ts';
import { outdated } from '../../../src/methods/password/hash.ts';
import { createPassword } from '../../../src/methods/password/password.ts';
import { ana } from '../../support/people.ts';
import { subject as subjectOf } from '../../support/subject.ts';

const password = createPassword('Northfold');
const now = Date.UTC(2026, 10, 22);
const kept = (made: NewCredential): Credential => ({
  ...made,
  id: 'c1',
  user: ana.id,
  failures: 0,
  disabled: false,
  createdAt: now,
});
const subject = (made: NewCredential) => subjectOf({ user: ana, credentials: [kept(made)], now });
const nobody = subjectOf({ vouched: false, now });

describe('password', () => {
  test("proves ana by her password, as one factor of knowledge and with the credential's id", async () => {
    const { credential } = await password.declare(ana, 'over-the-wall');
    expect(credential.secret).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await password.verify(subject(credential), '', { password: 'over-the-wall' })).toEqual({
      kind: 'proved',
      evidence: { class: 'password', method: 'password' },
      credential: 'c1',
    });
  });

  test.each([{ password: 'over-the-fence' }, { password: '' }, {}, { password: 'x'.repeat(100_000) }])(
    'refuses %.40j',
    async (answer) => {
      const { credential } = await password.declare(ana, 'over-the-wall');
      expect(await password.verify(subject(credential), '', answer as Record<string, string>)).toEqual({
        kind: 'wrong',
      });
    },
  );

  test('a name nobody has is never proved, and costs a verification all the same', async () => {
    const { credential } = await password.declare(ana, 'over-the-wall');
    const cost = async (who: typeof nobody | ReturnType<typeof subject>) => {
      const before = process.cpuUsage();
      for (let i = 0; i < 10; i += 1) {
        expect(await password.verify(who, '', { password: 'over-the-fence' })).toEqual({ kind: 'wrong' });
      }
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    await cost(nobody);
    const [unknown, known] = [await cost(nobody), await cost(subject(credential))];
    expect(unknown).toBeGreaterThan(known / 3);
    expect(unknown).toBeLessThan(known * 3);
  });

  test('the word is the same however the keyboard composes it', async () => {
    const { credential } = await password.declare(ana, 'mañana temprano café');
    const typed = 'mañana temprano café'.normalize('NFD');
    expect((await password.verify(subject(credential), '', { password: typed })).kind).toBe('proved');
  });

  test.each([
    ['argon2id with other parameters', { memoryCost: 8192, timeCost: 3 }],
    ['argon2i', { algorithm: 1 }],
    ['argon2d', { algorithm: 0 }],
  ])('accepts a hash made elsewhere (%s) and hands back a better one', async (_name, options) => {
    const adopted = password.adopt(hashSync('over-the-wall', options));
    const result = await password.verify(subject(adopted), '', { password: 'over-the-wall' });
    const better = result.kind === 'proved' ? (result.secret ?? '') : '';
    expect(outdated(adopted.secret)).toBe(true);
    expect(outdated(better)).toBe(false);
    expect((await password.verify(subject(password.adopt(better)), '', { password: 'over-the-wall' })).kind).toBe(
      'proved',
    );
  });

  test('a stored hash that is damaged refuses instead of failing', async () => {
    const damaged = password.adopt('$argon2id$v=19$m=19456,t=2,p=1$damaged');
    expect(await password.verify(subject(damaged), '', { password: 'over-the-wall' })).toEqual({ kind: 'wrong' });
  });

  test('ana chooses a new password, judged by the rules', async () => {
    expect(await password.choose(ana, 'over-the-wall')).toEqual({ ok: false, why: 'too-short' });
    expect(await password.choose(ana, 'northfold ana silva')).toEqual({ ok: false, why: 'too-close' });
    const chosen = await password.choose(ana, 'a walk along the old canal');
    if (!chosen.ok) throw new Error(chosen.why);
    expect(
      (await password.verify(subject(chosen.credential), '', { password: 'a walk along the old canal' })).kind,
    ).toBe('proved');
  });

  test('a declared password is taken, with the rule it breaks named', async () => {
    expect((await password.declare(ana, 'hunter2')).broken).toBe('too-short');
    expect((await password.declare(ana, 'a walk along the old canal')).broken).toBeUndefined();
  });
});
