import fc from 'fast-check';
import type { Application } from '../../src/domain/application.ts';
import { builtInPolicies } from '../../src/policy/built-in.ts';
import { decide, type Grant, type Policy } from '../../src/policy/decide.ts';
import { builtIn } from '../../src/policy/strengths.ts';
import { ana } from '../support/people.ts';

const wiki: Application = {
  id: 'wiki',
  name: 'Wiki',
  protocol: 'oidc',
  thirdParty: false,
  settings: {},
  disabled: false,
};

const policy = fc
  .record({
    id: fc.stringMatching(/^[a-z]{1,6}$/),
    state: fc.constantFrom('on', 'off', 'report-only') as fc.Arbitrary<Policy['state']>,
    matched: fc.boolean(),
    grant: fc.oneof(fc.constant({ block: true } as const), fc.record({ require: fc.subarray(Object.values(builtIn)) })),
  })
  .map(({ matched, grant, ...rest }): Policy & { matched: boolean; grant: Grant } => ({
    ...rest,
    name: rest.id,
    matched,
    grant,
    judge: () => ({ why: 'because', ...(matched ? { grant } : {}) }),
  }));

test('the strictest wins whatever the order of the policies', () => {
  fc.assert(
    fc.property(
      fc
        .array(policy, { maxLength: 6 })
        .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        const summary = (list: Policy[]) => {
          const { blocked, requires } = decide(list, { user: ana, application: wiki });
          return { blocked, requires: requires.map((one) => one.strength.id).sort() };
        };
        expect(summary(all)).toEqual(summary(shuffled));
      },
    ),
  );
});

test('what is off or only reported requires nothing, and everything considered is in the trace', () => {
  fc.assert(
    fc.property(fc.array(policy, { maxLength: 6 }), (all) => {
      const verdict = decide(all, { user: ana, application: wiki });
      const active = all.filter((one) => one.state === 'on' && one.matched);
      expect(verdict.blocked).toBe(active.some((one) => 'block' in one.grant));
      expect(new Set(verdict.requires.map((one) => one.strength.id))).toEqual(
        new Set(active.flatMap((one) => ('require' in one.grant ? one.grant.require.map((s) => s.id) : []))),
      );
      expect(verdict.trace).toHaveLength(all.filter((one) => one.state !== 'off').length);
    }),
  );
});

test('asks nothing more of ana until she turns two-step sign-in on', () => {
  expect(decide(builtInPolicies(), { user: ana, application: wiki })).toMatchObject({ blocked: false, requires: [] });
  const verdict = decide(builtInPolicies(), { user: { ...ana, twoStep: true }, application: wiki });
  expect(verdict.requires).toEqual([
    { strength: builtIn.mfa, accepts: ['email_code', 'access_pass'], policies: ['two-step'] },
  ]);
});

test('stops ana at an application whose groups she is in none of, and says so', () => {
  const hr = { ...wiki, groups: ['HR'] };
  const verdict = decide(builtInPolicies(), { user: ana, application: hr });
  expect(verdict.blocked).toBe(true);
  expect(verdict.trace.find((line) => line.policy === 'application-groups')).toMatchObject({ matched: true });
  expect(decide(builtInPolicies(), { user: { ...ana, groups: ['HR'] }, application: hr }).blocked).toBe(false);
});
