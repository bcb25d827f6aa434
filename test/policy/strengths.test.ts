import fc from 'fast-check';
import { type Evidence, type MethodClassName, methodClasses, methodClassNames } from '../../src/domain/evidence.ts';
import { assertedAt, atLeast, basis, builtIn, metBy, minimal, satisfies } from '../../src/policy/strengths.ts';

const strengths = Object.values(builtIn);
const strength = fc.constantFrom(...strengths);
const piece = fc
  .record({
    class: fc.constantFrom(...methodClassNames),
    at: fc.integer({ min: 1, max: 1000 }),
  })
  .map((one): Evidence => ({ ...one, method: one.class.split(':')[0]! }));
const evidence = fc.array(piece, { maxLength: 8 });
const proved = (...classes: MethodClassName[]) =>
  classes.map((name, i): Evidence => ({ class: name, method: name, at: i + 1 }));

describe('what the built-in strengths are made of', () => {
  test('a password alone is one factor and nothing more', () => {
    const met = strengths.filter((one) => satisfies(proved('password'), one)).map((one) => one.id);
    expect(met).toEqual(['one-factor', 'aal1', 'sfa']);
  });

  test('a password and an authenticator app are MFA, but neither phishing-resistant nor AAL3', () => {
    const met = strengths.filter((one) => satisfies(proved('password', 'totp'), one)).map((one) => one.id);
    expect(met).toEqual(['one-factor', 'aal1', 'sfa', 'mfa', 'aal2']);
  });

  test('two proofs of the same kind of factor are not MFA', () => {
    expect(satisfies(proved('totp', 'webauthn:presence:bound'), builtIn.mfa!)).toBe(false);
  });

  test('a syncable passkey with user verification is AAL2 and phr, never AAL3 or phrh', () => {
    const ids = strengths
      .filter((one) => satisfies(proved('webauthn:verification:syncable'), one))
      .map((one) => one.id);
    expect(ids).toEqual(expect.arrayContaining(['aal2', 'phr', 'mfa', 'passwordless-mfa', 'phishing-resistant-mfa']));
    expect(ids).not.toContain('aal3');
    expect(ids).not.toContain('phrh');
  });

  test('a key touched without PIN is phr and aal1, with a password aal2', () => {
    expect(satisfies(proved('webauthn:presence:bound'), builtIn.phr!)).toBe(true);
    expect(satisfies(proved('webauthn:presence:bound'), builtIn.aal2!)).toBe(false);
    expect(satisfies(proved('password', 'webauthn:presence:bound'), builtIn.aal2!)).toBe(true);
  });

  test('every alternative is minimal and MFA always spans two kinds of factor', () => {
    for (const one of strengths) expect(minimal(one.alternatives)).toEqual(one.alternatives);
    for (const set of builtIn.mfa!.alternatives) {
      expect(new Set(set.flatMap((name) => methodClasses[name].factors as readonly string[])).size).toBeGreaterThan(1);
    }
  });
});

describe('the partial order', () => {
  test('phr and aal2 do not imply one another', () => {
    expect(atLeast(builtIn.phr!, builtIn.aal2!)).toBe(false);
    expect(atLeast(builtIn.aal2!, builtIn.phr!)).toBe(false);
  });

  test('aal3 is at least aal2 and phrh, phrh at least phr, everything at least one factor', () => {
    expect(atLeast(builtIn.aal3!, builtIn.aal2!)).toBe(true);
    expect(atLeast(builtIn.aal3!, builtIn.phrh!)).toBe(true);
    expect(atLeast(builtIn.phrh!, builtIn.phr!)).toBe(true);
    for (const one of strengths) expect(atLeast(one, builtIn['one-factor']!)).toBe(true);
  });

  test('is reflexive and transitive', () => {
    fc.assert(
      fc.property(strength, strength, strength, (a, b, c) => {
        expect(atLeast(a, a)).toBe(true);
        if (atLeast(a, b) && atLeast(b, c)) expect(atLeast(a, c)).toBe(true);
      }),
    );
  });

  test('is exactly implication over all sets of evidence', () => {
    const subsets: MethodClassName[][] = [[]];
    for (const name of methodClassNames) subsets.push(...subsets.map((set) => [...set, name]));
    for (const a of strengths) {
      for (const b of strengths) {
        const implies = subsets.every((set) => !metBy(set, a) || metBy(set, b));
        expect([a.id, b.id, atLeast(a, b)]).toEqual([a.id, b.id, implies]);
      }
    }
  });
});

describe('what an assertion rests on', () => {
  test('there is a basis exactly when the strength is met, drawn from the evidence, and no smaller set would do', () => {
    fc.assert(
      fc.property(evidence, strength, (pieces, one) => {
        const set = basis(pieces, one);
        expect(set !== undefined).toBe(satisfies(pieces, one));
        if (!set) return;
        for (const part of set) expect(pieces).toContain(part);
        expect(satisfies(set, one)).toBe(true);
        for (const left of set)
          expect(
            satisfies(
              set.filter((part) => part !== left),
              one,
            ),
          ).toBe(false);
        const classes = pieces.map((part) => part.class);
        const met = one.alternatives.filter((alternative) => alternative.every((name) => classes.includes(name)));
        const smallest = Math.min(...met.map((alternative) => alternative.length));
        expect(set.length).toBe(smallest);
      }),
    );
  });

  test('more evidence never takes a strength away and never makes its assertion older', () => {
    fc.assert(
      fc.property(evidence, piece, strength, (pieces, more, one) => {
        const before = basis(pieces, one);
        const after = basis([...pieces, { ...more, at: 2000 }], one);
        if (before)
          expect(after && (after.length < before.length || assertedAt(after) >= assertedAt(before))).toBe(true);
      }),
    );
  });

  test('the time asserted for MFA is that of the newer of password and code', () => {
    const pieces: Evidence[] = [
      { class: 'password', method: 'password', at: 100 },
      { class: 'totp', method: 'totp', at: 500 },
    ];
    expect(assertedAt(basis(pieces, builtIn.mfa!)!)).toBe(500);
  });
});
