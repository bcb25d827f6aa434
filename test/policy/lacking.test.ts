import fc from 'fast-check';
import { type MethodClassName, methodClassNames } from '../../src/domain/evidence.ts';
import type { Requirement, Verdict } from '../../src/domain/verdict.ts';
import { beyondPassword, canMeet, lacking, namesOf } from '../../src/policy/lacking.ts';
import type { Option } from '../../src/policy/plan.ts';
import { anyOf, builtIn, mfa, oneFactor } from '../../src/policy/strengths.ts';

const held = (name: MethodClassName, more: Partial<Option> = {}): Option => ({
  ...{ method: name.split(':')[0] as string, class: name, register: false, first: false },
  ...more,
});
const byMail: Option = { method: 'email-code', kind: 'email_code', mailbox: true, register: false, first: false };
const password = held('password', { first: true });
const totp = held('totp');
const needs = (strength = mfa, more: Partial<Requirement> = {}): Requirement => ({
  ...{ strength, accepts: [], policies: ['house'] },
  ...more,
});

test.each([
  ['the app is the only second factor', [password, totp], [password], needs(), true],
  ['a passkey is there beside it', [password, totp, held('webauthn:presence:bound')], [password], needs(), true],
  ['the passkey stays', [password, totp, held('webauthn:presence:bound')], [password, totp], needs(), false],
  ['one factor is all that is asked for', [password, totp], [password], needs(oneFactor), false],
  [
    'a code by email is left, and accepted',
    ...([
      [password, totp, byMail],
      [password, byMail],
    ] as const),
    needs(mfa, { accepts: ['email_code'] }),
    false,
  ],
  [
    'a code by email is left, and not accepted',
    ...([
      [password, totp, byMail],
      [password, byMail],
    ] as const),
    needs(),
    true,
  ],
  [
    'a code by email is left without a password',
    ...([
      [password, totp, byMail],
      [totp, byMail],
    ] as const),
    needs(mfa, { accepts: ['email_code'] }),
    false,
  ],
  ['the method itself is asked for', [password, totp], [password], needs(anyOf('totp', ['totp'])), true],
  ['it could not be met before either', [password], [], needs(), false],
])('%s', (_what, before, after, need, lacks) => {
  expect(lacking([need], before, after)).toEqual(lacks ? [need] : []);
});

const option = fc
  .record({ class: fc.constantFrom(...methodClassNames), first: fc.boolean() })
  .map(({ class: name, first }, i = 0) => held(name, { first, method: `${name.split(':')[0]}${i}` }));
const options = fc
  .uniqueArray(option, { maxLength: 5, selector: (one) => one.class as string })
  .chain((all) => fc.boolean().map((mail) => (mail ? [...all, byMail] : all)));
const requirements = fc
  .uniqueArray(fc.constantFrom(...Object.values(builtIn)), { maxLength: 3, selector: (one) => one.id })
  .chain((all) =>
    fc.boolean().map((mail) => all.map((one) => needs(one, { accepts: mail && one === mfa ? ['email_code'] : [] }))),
  );

test('whatever is taken away one by one, what could be met at first can be met by what is left', () => {
  fc.assert(
    fc.property(requirements, options, fc.array(fc.nat(5), { maxLength: 12 }), (required, all, taken) => {
      let left: readonly Option[] = all;
      for (const at of taken) {
        const rest = left.filter((_one, i) => i !== at);
        if (lacking(required, left, rest).length === 0) left = rest;
      }
      for (const need of required) expect(canMeet(need, left)).toBe(canMeet(need, all));
    }),
    { numRuns: 300 },
  );
});

test('in whatever order things are held or asked for, the same is lacking', () => {
  const shuffled = <T>(all: readonly T[]) => fc.shuffledSubarray([...all], { minLength: all.length });
  fc.assert(
    fc.property(
      requirements.chain((all) => fc.tuple(fc.constant(all), shuffled(all))),
      options.chain((all) => fc.tuple(fc.constant(all), shuffled(all), fc.subarray(all))),
      ([required, mixed], [all, other, left]) => {
        const ids = (some: readonly Requirement[]) => some.map(({ strength }) => strength.id).toSorted();
        expect(ids(lacking(mixed, other, left.toReversed()))).toEqual(ids(lacking(required, all, left)));
      },
    ),
    { numRuns: 300 },
  );
});

test('who keeps everything lacks nothing, and more than a password is what says so', () => {
  fc.assert(fc.property(requirements, options, (required, all) => expect(lacking(required, all, all)).toEqual([])));
  const verdict: Verdict = {
    blocked: false,
    requires: [needs(oneFactor, { policies: ['a'] }), needs(mfa, { policies: ['b', 'c'] })],
    trace: ['c', 'a', 'b'].map((policy) => ({ policy, name: `The ${policy}`, matched: true, why: '' })),
  };
  expect(namesOf(beyondPassword(verdict), verdict)).toEqual(['The c', 'The b']);
});
