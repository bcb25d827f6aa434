import fc from 'fast-check';
import { type Evidence, methodClasses, methodClassNames } from '../../../src/domain/evidence.ts';
import { satisfies } from '../../../src/policy/strengths.ts';
import { assertionOf } from '../../../src/protocols/oidc/acr.ts';
import { amrStrength } from '../../../src/protocols/oidc/amr.ts';
import { assurance } from './house.ts';

const proof = (name: Evidence['class'], at: number): Evidence => ({ class: name, method: name, at });
const refeds = 'https://refeds.org/profile/mfa';

describe('what an ID token says about a sign-in', () => {
  test('a password ten minutes ago is aal1, pwd, and that time', () => {
    expect(assertionOf([proof('password', 5_999)], [], assurance)).toEqual({
      acr: 'urn:stile:acr:aal1',
      amr: ['pwd'],
      authTime: 5,
    });
  });

  test('answers with the value that was asked for, the first of them that is met', () => {
    const evidence = [proof('password', 1000), proof('totp', 9000)];
    expect(assertionOf(evidence, ['phr', refeds, 'urn:stile:acr:aal1'], assurance)).toEqual({
      acr: refeds,
      amr: ['mfa', 'otp', 'pwd'],
      authTime: 9,
    });
  });

  test('falls back to the strongest of our own when nothing that was asked for is met', () => {
    const evidence = [proof('password', 1000), proof('totp', 9000)];
    expect(assertionOf(evidence, ['phr'], assurance).acr).toBe('urn:stile:acr:aal2');
  });

  test('the time is that of the smallest set behind the value, not of whatever was proved last', () => {
    const evidence = [proof('webauthn:verification:bound', 1000), proof('password', 9000)];
    expect(assertionOf(evidence, ['phr'], assurance)).toMatchObject({ acr: 'phr', authTime: 1 });
  });

  test('names nobody knows are never repeated back', () => {
    expect(assertionOf([proof('password', 0)], ['made:up'], assurance).acr).toBe('urn:stile:acr:aal1');
  });

  test('without evidence there is nothing to say', () => {
    expect(() => assertionOf([], [], assurance)).toThrow('evidence');
  });

  const anyEvidence = fc.array(
    fc.record({ name: fc.constantFrom(...methodClassNames), at: fc.integer({ min: 0, max: 2e12 }) }),
    { minLength: 1, maxLength: 8 },
  );
  const anyWanted = fc.array(fc.constantFrom(...assurance.names.keys(), 'unknown', ''), { maxLength: 4 });

  test('whatever the evidence and the request, nothing is emitted that the evidence does not carry', () => {
    fc.assert(
      fc.property(anyEvidence, anyWanted, (pieces, wanted) => {
        const evidence = pieces.map(({ name, at }) => proof(name, at));
        const said = assertionOf(evidence, wanted, assurance);
        expect(satisfies(evidence, assurance.names.get(said.acr!)!)).toBe(true);
        const justified = evidence.flatMap((piece) => methodClasses[piece.class].amr as readonly string[]);
        for (const value of said.amr) {
          if (value === 'mfa') expect(satisfies(evidence, assurance.mfa)).toBe(true);
          else expect(justified).toContain(value);
        }
        expect(evidence.map((piece) => Math.floor(piece.at / 1000))).toContain(said.authTime);
        // Older evidence alone must not already carry the value at a time it was not yet proved.
        const before = evidence.filter((piece) => Math.floor(piece.at / 1000) <= said.authTime);
        expect(satisfies(before, assurance.names.get(said.acr!)!)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a request for amr', () => {
  const codes = methodClassNames.filter((name) => /^(totp|email-code|recovery-code|access-pass)/u.test(name));

  test('otp is met by a code and by nothing else', () => {
    expect(amrStrength([['otp']], assurance)).toEqual({ id: 'amr:otp', alternatives: codes.map((name) => [name]) });
  });

  test('pwd together with otp takes both', () => {
    const both = codes.map((name) => ['password', name]);
    expect(amrStrength([['pwd', 'otp']], assurance)?.alternatives).toEqual(both);
  });

  test('a value nothing of ours justifies has no strength', () => {
    expect(amrStrength([['retina']], assurance)).toBeUndefined();
  });

  test('every alternative justifies one of the options, and none contains another', () => {
    const values = ['pwd', 'otp', 'mfa', 'hwk', 'pop', 'user'];
    const options = fc.array(fc.subarray(values, { minLength: 1 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(options, (asked) => {
        const alternatives = amrStrength(asked, assurance)?.alternatives ?? [];
        for (const set of alternatives) {
          const evidence = set.map((name) => proof(name, 0));
          const { amr } = assertionOf(evidence, [], assurance);
          expect(asked.some((option) => option.every((value) => amr.includes(value)))).toBe(true);
          expect(alternatives.some((other) => other !== set && other.every((name) => set.includes(name)))).toBe(false);
        }
      }),
    );
  });
});
