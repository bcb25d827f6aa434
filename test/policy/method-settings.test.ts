import fc from 'fast-check';
import { methodNames } from '../../src/config/methods.ts';
import { methodClassNames } from '../../src/domain/evidence.ts';
import type { User } from '../../src/domain/user.ts';
import { builtInPolicies } from '../../src/policy/built-in.ts';
import { decide } from '../../src/policy/decide.ts';
import { type MethodSettings, requiredOf, type ScopedSettings, settingOf } from '../../src/policy/method-settings.ts';
import { metBy } from '../../src/policy/strengths.ts';
import { ana } from '../support/people.ts';

const wiki = { id: 'wiki', name: 'Wiki', protocol: 'oidc' as const, thirdParty: false, settings: {}, disabled: false };
const worthOf = (id: string) => methodClassNames.filter((name) => name.split(':')[0] === id);
const methods = new Map(methodNames.map((id) => [id as string, { worth: worthOf(id) }]));
const scopes = (store: MethodSettings, groups: Record<string, MethodSettings> = {}): ScopedSettings => ({
  stores: new Map([['local', store]]),
  groups: new Map(Object.entries(groups)),
});
const member = (...groups: string[]): User => ({ ...ana, groups });
const verdict = (settings: ScopedSettings, user: User) =>
  decide(builtInPolicies(requiredOf(settings, methods)), { user, application: wiki });

const setting = fc.record(
  { state: fc.constantFrom('off' as const, 'allowed' as const, 'required' as const), stands_in: fc.boolean() },
  { requiredKeys: [] },
);
const settings = fc.dictionary(fc.constantFrom(...methodNames), setting, { noNullPrototype: true });
const names = ['A', 'B', 'C', 'D'];
const anyScopes = fc
  .record({ store: settings, groups: fc.tuple(settings, settings, settings, settings) })
  .map(({ store, groups }) => scopes(store, Object.fromEntries(names.map((name, i) => [name, groups[i]!]))));
const memberships = fc.shuffledSubarray(names);
const proved = fc.subarray([...methodClassNames]);

/** Whether these classes get through all that is required of somebody in these groups. */
const passes = (
  all: ScopedSettings,
  groups: readonly string[],
  classes: readonly (typeof methodClassNames)[number][],
) => verdict(all, member(...groups)).requires.every(({ strength }) => metBy(classes, strength));

describe('what a store and groups say of a method', () => {
  test('off beats required beats allowed, and one that forbids to stand in is enough', () => {
    const all = scopes(
      { totp: { state: 'required' } },
      { A: { totp: { state: 'off' } }, B: { 'email-code': { stands_in: false } } },
    );
    expect(settingOf(all, member(), 'totp')).toEqual({ state: 'required', standsIn: true });
    expect(settingOf(all, member('A'), 'totp')).toMatchObject({ state: 'off' });
    expect(settingOf(all, member('B'), 'email-code')).toEqual({ state: 'allowed', standsIn: false });
    expect(settingOf(all, { ...member(), store: 'elsewhere' }, 'totp')).toEqual({ state: 'allowed', standsIn: true });
  });

  test('the order of groups never matters', () => {
    fc.assert(
      fc.property(anyScopes, memberships, proved, (all, groups, classes) => {
        const turned = groups.toReversed();
        for (const method of methodNames)
          expect(settingOf(all, member(...turned), method)).toEqual(settingOf(all, member(...groups), method));
        expect(passes(all, turned, classes)).toBe(passes(all, groups, classes));
      }),
    );
  });

  test('one more group never gives back a method, lets one stand in again, or asks for less', () => {
    fc.assert(
      fc.property(anyScopes, memberships, fc.constantFrom(...names), proved, (all, groups, more, classes) => {
        const wider = [...groups, more];
        for (const method of methodNames) {
          const [before, after] = [groups, wider].map((one) => settingOf(all, member(...one), method));
          if (before?.state === 'off') expect(after?.state).toBe('off');
          if (!before?.standsIn) expect(after?.standsIn).toBe(false);
        }
        if (passes(all, wider, classes)) expect(passes(all, groups, classes)).toBe(true);
      }),
    );
  });
});

describe('methods that are required', () => {
  const finance = { Finance: { totp: { state: 'required' as const }, webauthn: { state: 'required' as const } } };

  test('of those one scope names any one will do, and the trace says so in words', () => {
    const { requires, trace } = verdict(scopes({}, finance), member('Finance'));
    expect(requires.map(({ strength, policies }) => [strength.id, policies])).toEqual([
      ['one of totp, webauthn', ['required-methods']],
    ]);
    expect(trace).toContainEqual({
      policy: 'required-methods',
      name: 'Required methods',
      matched: true,
      why: "the person's store or groups require totp or webauthn",
    });
    expect(metBy(['totp'], requires[0]!.strength)).toBe(true);
    expect(metBy(['webauthn:presence:syncable'], requires[0]!.strength)).toBe(true);
    expect(metBy(['password'], requires[0]!.strength)).toBe(false);
  });

  test('a store and a group that name different ones are both followed', () => {
    const all = scopes({ password: { state: 'required' } }, finance);
    const { requires } = verdict(all, member('Finance'));
    expect(requires.map(({ strength }) => strength.id)).toEqual(['one of password', 'one of totp, webauthn']);
  });

  test('one that another group has off counts for nothing, and where it was the only one nobody gets through', () => {
    const all = scopes({}, { ...finance, Kiosk: { totp: { state: 'off' } }, Lab: { webauthn: { state: 'off' } } });
    const strengthOf = (...groups: string[]) => verdict(all, member(...groups)).requires[0]!.strength;
    expect(metBy(['totp'], strengthOf('Finance', 'Kiosk'))).toBe(false);
    expect(metBy(['webauthn:presence:bound'], strengthOf('Finance', 'Kiosk'))).toBe(true);
    expect(strengthOf('Finance', 'Kiosk', 'Lab').alternatives).toEqual([]);
  });

  test('nothing is required of whoever no scope speaks of', () => {
    expect(verdict(scopes({}, finance), member('HR')).requires).toEqual([]);
  });

  test('nothing stands in for a required method', () => {
    const { requires } = verdict(scopes({}, finance), { ...member('Finance'), twoStep: true });
    expect(requires.map(({ strength, accepts }) => [strength.id, accepts])).toEqual([
      ['one of totp, webauthn', []],
      ['mfa', ['email_code', 'access_pass']],
    ]);
  });
});
