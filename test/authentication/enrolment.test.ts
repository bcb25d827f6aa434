import { enrolmentOf, type FirstEnrolment, guarded } from '../../src/authentication/enrolment.ts';
import type { Credential } from '../../src/domain/credential.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import type { Method } from '../../src/domain/method.ts';
import type { StandIn } from '../../src/domain/stand-in.ts';
import type { User } from '../../src/domain/user.ts';

const [now, window] = [1_800_000_000_000, 1000];
const mei = { id: 'mei', username: 'mei', emailVerified: true } as User;
const password: Evidence = { class: 'password', method: 'password', at: now };
const link: StandIn = { kind: 'mailed_link', method: 'mailed-link', at: now };
const pass: StandIn = { kind: 'access_pass', method: 'access-pass', at: now };
const [both, passOnly, nobody] = [['mailed-link', 'access-pass'], ['access-pass'], [] as string[]];

function stands(
  first: FirstEnrolment,
  {
    user = {} as Partial<User>,
    shown = [password] as readonly (Evidence | StandIn)[],
    guards = false,
    usable = (_method: string) => true,
  } = {},
) {
  const evidence = shown.filter((one) => 'class' in one);
  const standIns = shown.filter((one) => 'kind' in one);
  const person = { user: { ...mei, ...user }, guarded: guards, shown: { evidence, standIns }, now };
  const { opened, openers } = enrolmentOf({ first, window }, person, usable);
  return [opened, openers];
}
const asked = (ago: number) => ({ user: { enrolmentAskedAt: now - ago } });

test.each([
  ['password', 'nothing more is asked for', {}, [true, nobody]],
  ['mailed-link', 'the mailbox or a pass', {}, [false, both]],
  ['mailed-link', 'the link was confirmed', { shown: [password, link] }, [true, both]],
  ['mailed-link', 'no verified address: a pass', { user: { emailVerified: false } }, [false, passOnly]],
  [
    'mailed-link',
    'a password that came by that mailbox: a pass',
    { shown: [{ ...password, mailbox: true }, link] },
    [false, passOnly],
  ],
  ['mailed-link', 'links are off: a pass', { usable: (id) => id !== 'mailed-link' }, [false, passOnly]],
  ['mailed-link', 'both are off: nobody can', { usable: () => false }, [false, nobody]],
  ['pass', 'a pass', {}, [false, passOnly]],
  ['pass', 'a link does not do', { shown: [password, link] }, [false, passOnly]],
  ['pass', 'a pass was shown', { shown: [password, pass] }, [true, passOnly]],
  ['password', 'the last moment of the window', asked(window), [true, nobody]],
  ['password', 'the window is over: a pass', asked(window + 1), [false, passOnly]],
  [
    'mailed-link',
    'the window is over: a pass, whatever the mailbox shows',
    { ...asked(window + 1), shown: [password, link] },
    [false, passOnly],
  ],
  ['mailed-link', 'the window is over, a pass was shown', { ...asked(window + 1), shown: [pass] }, [true, passOnly]],
  ['password', 'guarded: two factors, or a pass', { guards: true }, [false, passOnly]],
  ['mailed-link', 'guarded: the mailbox opens nothing', { guards: true, shown: [password, link] }, [false, passOnly]],
  ['pass', 'guarded: a pass alone opens', { guards: true, shown: [pass] }, [true, passOnly]],
] as [FirstEnrolment, string, Parameters<typeof stands>[1], unknown][])('%s: %s', (first, _what, person, opens) => {
  expect(stands(first, person)).toEqual(opens);
});

test('what is lost, locked, switched off or of a method nobody knows any more guards; a password and an address do not', () => {
  const methods = new Map<string, Method>(
    [
      { id: 'password', guards: false },
      { id: 'email-code', guards: false },
      { id: 'totp', guards: true },
    ].map((one) => [one.id, one as Method]),
  );
  const holds = (method: string, more: Partial<Credential> = {}) =>
    guarded(methods, [{ method: 'password' } as Credential, { method, ...more } as Credential]);
  expect(holds('email-code')).toBe(false);
  expect(holds('totp')).toBe(true);
  expect(holds('totp', { lost: true })).toBe(true);
  expect(holds('totp', { disabled: true })).toBe(true);
  expect(holds('a method of last year')).toBe(true);
});
