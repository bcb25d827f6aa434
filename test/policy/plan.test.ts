import fc from 'fast-check';
import { type Evidence, methodClassNames } from '../../src/domain/evidence.ts';
import { type Option, plans } from '../../src/policy/plan.ts';
import { builtIn, metBy } from '../../src/policy/strengths.ts';

const strengths = Object.values(builtIn);
const option = fc
  .record({ class: fc.constantFrom(...methodClassNames), register: fc.boolean(), first: fc.boolean() })
  .map((one, i = 0): Option => ({ ...one, method: `${one.class.split(':')[0]}${i}` }));
const options = fc.uniqueArray(option, { maxLength: 5, selector: (one) => one.class });
const evidence = fc
  .uniqueArray(fc.constantFrom(...methodClassNames), { maxLength: 2 })
  .map((classes) => classes.map((name): Evidence => ({ class: name, method: name, at: 1 })));
const required = fc
  .uniqueArray(fc.constantFrom(...strengths), { maxLength: 3, selector: (one) => one.id })
  .map((all) => all.map((strength) => ({ strength })));

test('every plan meets everything required, no step of it can be left out, and none is missing', () => {
  fc.assert(
    fc.property(evidence, required, options, (have, wanted, possible) => {
      const met = (plan: readonly Option[]) =>
        wanted.every((one) =>
          metBy(
            [...have, ...plan].flatMap((part) => part.class ?? []),
            one.strength,
          ),
        );
      const ways = plans(have, wanted, possible);
      for (const way of ways) {
        expect(met(way)).toBe(true);
        for (const step of way) expect(met(way.filter((other) => other !== step))).toBe(false);
      }
      // Nothing within reach is called out of reach.
      if (met(possible) && wanted.length < 2) expect(ways.length).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});

test('whoever can prove what is missing is not asked to register anything', () => {
  fc.assert(
    fc.property(evidence, required, options, (have, wanted, possible) => {
      const proveOnly = plans(
        have,
        wanted,
        possible.filter((one) => !one.register),
      );
      if (proveOnly.length === 0) return;
      for (const way of plans(have, wanted, possible)) expect(way.some((step) => step.register)).toBe(false);
    }),
  );
});

test('who may stand at the beginning stands there', () => {
  fc.assert(
    fc.property(evidence, required, options, (have, wanted, possible) => {
      for (const way of plans(have, wanted, possible)) {
        const firsts = way.map((step) => step.first);
        expect(firsts).toEqual(firsts.toSorted((a, b) => Number(b) - Number(a)));
      }
    }),
  );
});

test('a code by email is the way before a policy that takes it, and no way where it leans on the same mailbox', () => {
  const code: Option = { method: 'email-code', kind: 'email_code', register: false, first: false };
  const need = { strength: builtIn.mfa!, accepts: ['email_code' as const] };
  const password: Evidence = { class: 'password', method: 'password', at: 1 };
  expect(plans([password], [need], [code])).toEqual([[code]]);
  expect(plans([{ ...password, mailbox: true }], [need], [code])).toEqual([]);
  expect(plans([password], [{ strength: builtIn.mfa! }], [code])).toEqual([]);
});
