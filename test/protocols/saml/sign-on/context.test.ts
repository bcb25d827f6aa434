import fc from 'fast-check';
import { assuranceOf } from '../../../../src/authentication/assurance.ts';
import { samlContexts } from '../../../../src/config/saml.ts';
import { type Evidence, type MethodClassName, methodClassNames } from '../../../../src/domain/evidence.ts';
import {
  answersTo,
  asserted,
  type Comparison,
  contextClasses,
  onlyPassword,
  passwordClasses,
  unasked,
  wantOf,
} from '../../../../src/protocols/saml/sign-on/context.ts';

const MFA = 'https://refeds.org/profile/mfa';
const MULTIPLE = 'http://schemas.microsoft.com/claims/multipleauthn';
const PPT = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';
const TIME_SYNC = 'urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken';
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified';

const assurance = assuranceOf(
  {
    [MFA]: 'mfa',
    phr: 'phr',
    phrh: 'phrh',
    'urn:stile:acr:aal1': 'aal1',
    'urn:stile:acr:aal2': 'aal2',
    'urn:stile:acr:aal3': 'aal3',
    [MULTIPLE]: 'mfa',
  },
  [],
);
const classes = contextClasses(assurance);
const proved = (...names: MethodClassName[]): Evidence[] =>
  names.map((name, i) => ({ class: name, method: name.split(':')[0] as string, at: (i + 1) * 1000 }));

/** What is said to a request when this is proved; undefined is NoAuthnContext. */
function said(comparison: Comparison, asked: readonly string[], evidence: readonly Evidence[], ignore = false) {
  const answers = answersTo({ comparison, classes: asked }, classes, assurance, ignore);
  return asserted(evidence, answers ?? unasked(classes, undefined, assurance), assurance)?.name;
}

test('what the configuration may name as a context can be said', () => {
  const names = classes.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([...samlContexts, ...assurance.names.keys()]));
  expect(names).toHaveLength(samlContexts.length + assurance.names.size);
});

describe('exact', () => {
  test('the first of the classes that is true, in the order of the request', () => {
    expect(said('exact', [MFA, PPT], proved('password', 'totp'))).toBe(MFA);
    expect(said('exact', [PPT, MFA], proved('password', 'totp'))).toBe(PPT);
    expect(said('exact', [MFA, PPT], proved('password'))).toBe(PPT);
  });
  test('a password stays a password after a second factor', () => {
    expect(said('exact', [PPT], proved('password', 'totp'))).toBe(PPT);
  });
  test('a passkey is no password, whatever else it is', () => {
    expect(said('exact', [PPT], proved('webauthn:verification:bound'))).toBeUndefined();
  });
  test('unknown classes are skipped, and nobody answers when none is left', () => {
    expect(said('exact', ['urn:none', PPT], proved('password'))).toBe(PPT);
    expect(answersTo({ comparison: 'exact', classes: ['urn:none'] }, classes, assurance)).toEqual([]);
    expect(answersTo({ comparison: 'exact', classes: [] }, classes, assurance)).toEqual([]);
  });
  test('requests for a password alone count as none where the administrator says so; any other class still counts', () => {
    expect(answersTo({ comparison: 'exact', classes: [...passwordClasses] }, classes, assurance, true)).toBeUndefined();
    expect(said('exact', [PPT], proved('webauthn:verification:bound'), true)).toBeDefined();
    expect(said('exact', [PPT, MFA], proved('password'), true)).toBeUndefined();
    expect(said('minimum', [PPT], proved('password'), true)).toBe(PPT);
  });
});

describe('minimum', () => {
  test('what was asked for, or anything at least as strong', () => {
    expect(said('minimum', [PPT], proved('password'))).toBe(PPT);
    expect(said('minimum', [MFA], proved('password'))).toBeUndefined();
    expect(said('minimum', [MFA], proved('password', 'totp'))).toBe(MFA);
    expect(said('minimum', [TIME_SYNC], proved('password'))).toBe(PPT);
  });
  test('a passkey is at least as strong as a password', () => {
    expect(said('minimum', [PPT], proved('webauthn:verification:bound'))).toBeDefined();
  });
  test('phr and two factors are not in order', () => {
    expect(said('minimum', ['phr'], proved('password', 'totp'))).toBeUndefined();
    expect(said('minimum', [MFA], proved('webauthn:presence:bound'))).toBeUndefined();
  });
  test('whoever meets any answer is asked nothing, so the want is one strength', () => {
    const requested = { comparison: 'minimum', classes: [PPT] } as const;
    const want = wantOf(requested, answersTo(requested, classes, assurance) ?? []);
    expect(want?.anyOf).toHaveLength(1);
    expect(want?.anyOf[0]?.alternatives).toContainEqual(['webauthn:verification:bound']);
  });
});

describe('better', () => {
  test('stronger than each of those listed', () => {
    expect(said('better', [PPT], proved('password'))).toBeUndefined();
    expect(said('better', [PPT], proved('password', 'totp'))).toBe(MFA);
    expect(said('better', [PPT, MFA], proved('password', 'totp'))).toBeUndefined();
    expect(said('better', [PPT, 'urn:stile:acr:aal2'], proved('password', 'webauthn:presence:bound:attested'))).toBe(
      'urn:stile:acr:aal3',
    );
    expect(said('better', ['urn:none'], proved('password', 'totp'))).toBeUndefined();
  });
});

describe('maximum', () => {
  test('as strong as can be without exceeding one of those listed', () => {
    expect(said('maximum', [MFA], proved('password', 'totp'))).toBe(MFA);
    expect(said('maximum', [MFA], proved('password'))).toBe(PPT);
    expect(said('maximum', [PPT], proved('password', 'totp'))).toBe(PPT);
    expect(said('maximum', [PPT], proved('password', 'webauthn:presence:bound'))).not.toBe('phr');
  });
});

describe('asked for nothing', () => {
  const spoken = (evidence: readonly Evidence[], preferred?: string) =>
    asserted(evidence, unasked(classes, preferred, assurance), assurance)?.name;
  test('the strongest that is true', () => {
    expect(spoken(proved('password'))).toBe(PPT);
    expect(spoken(proved('password', 'totp'))).toBe(MFA);
  });
  test('what the application prefers, as long as it is true', () => {
    expect(spoken(proved('password', 'totp'), MULTIPLE)).toBe(MULTIPLE);
    expect(spoken(proved('password'), MULTIPLE)).toBe(PPT);
  });
});

describe('for random evidence and requests', () => {
  const evidence = fc
    .array(fc.record({ name: fc.constantFrom(...methodClassNames), at: fc.integer({ min: 1, max: 1000 }) }), {
      minLength: 1,
      maxLength: 6,
    })
    .map((all): Evidence[] => all.map(({ name, at }) => ({ class: name, method: name, at })));
  const names = classes.map(({ name }) => name);
  const request = fc.record({
    comparison: fc.constantFrom<Comparison>('exact', 'minimum', 'maximum', 'better'),
    classes: fc.uniqueArray(fc.constantFrom(...names, 'urn:none'), { minLength: 1, maxLength: 4 }),
  });
  const byName = (name: string) => classes.find((one) => one.name === name);

  test('nothing is said that the evidence does not carry, and its instant is that of a piece of the evidence', () => {
    fc.assert(
      fc.property(evidence, request, fc.boolean(), (pieces, requested, ignore) => {
        const answers = answersTo(requested, classes, assurance, ignore);
        const answer = asserted(pieces, answers ?? unasked(classes, undefined, assurance), assurance);
        if (!answer) return;
        const { proves } = byName(answer.name) as (typeof classes)[number];
        const basis = assurance.basis(pieces, proves);
        expect(basis).toBeDefined();
        expect(answer.at).toBe(Math.max(...(basis ?? []).map(({ at }) => at)));
      }),
      { numRuns: 2000 },
    );
  });

  test('what is said compares with what was asked for as was asked', () => {
    const { atLeast } = assurance;
    fc.assert(
      fc.property(evidence, request, (pieces, requested) => {
        const name = said(requested.comparison, requested.classes, pieces);
        if (name === undefined || requested.classes.includes(name) || name === UNSPECIFIED) return;
        const { rank } = byName(name) as (typeof classes)[number];
        const asked = requested.classes.flatMap((one) => byName(one)?.rank ?? []);
        if (requested.comparison === 'exact') throw new Error(`${name} was not asked for`);
        if (requested.comparison === 'minimum') expect(asked.some((one) => atLeast(rank, one))).toBe(true);
        if (requested.comparison === 'maximum') expect(asked.some((one) => atLeast(one, rank))).toBe(true);
        if (requested.comparison === 'better')
          expect(asked.every((one) => atLeast(rank, one) && !atLeast(one, rank))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('more evidence never makes a request unanswerable', () => {
    fc.assert(
      fc.property(evidence, evidence, request, (some, more, requested) => {
        if (said(requested.comparison, requested.classes, some) === undefined) return;
        expect(said(requested.comparison, requested.classes, [...some, ...more])).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  ['exact', [...passwordClasses], true],
  ['exact', [PPT, MFA], false],
  ['minimum', [PPT], false],
] as const)(
  '%s of %j: whether a request insists on a password, which an administrator can ignore',
  (comparison, asked, insists) => {
    expect(onlyPassword({ comparison, classes: asked })).toBe(insists);
  },
);
