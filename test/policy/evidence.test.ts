/** What evidence of weak origin and stand-ins are worth, over the whole alphabet. */
import fc from 'fast-check';
import {
  type Evidence,
  type MethodClassName,
  mailboxOnce,
  methodClasses,
  methodClassNames,
} from '../../src/domain/evidence.ts';
import { standInKinds } from '../../src/domain/stand-in.ts';
import { decide, type Policy } from '../../src/policy/decide.ts';
import { meets, type Piece } from '../../src/policy/meets.ts';
import { builtIn, metBy, mfa } from '../../src/policy/strengths.ts';
import { ana } from '../support/people.ts';

const wiki = { id: 'wiki', name: 'Wiki', protocol: 'oidc' as const, thirdParty: false, settings: {}, disabled: false };
const strengths = Object.values(builtIn);
const strength = fc.constantFrom(...strengths);
const classes = fc.subarray([...methodClassNames]);
const methodOf = (name: MethodClassName) => name.split(':')[0] as string;
/** Nothing but one proof of any kind is asked for. */
const plainOnes = ['one-factor', 'aal1', 'sfa'];
const uncounted = ['email-code:uncounted', 'recovery-code:uncounted', 'access-pass'] as const;

const pieceOf = fc.record({ name: fc.constantFrom(...methodClassNames), at: fc.nat(1000), mailbox: fc.boolean() });
const evidence = fc.array(pieceOf, { maxLength: 8 }).map((all) =>
  all.map(
    ({ name, at, mailbox }): Evidence => ({
      ...{ class: name, method: methodOf(name), at },
      ...(mailbox && ['password', 'email-code', 'email-code:uncounted'].includes(name) ? { mailbox: true } : {}),
    }),
  ),
);
const named = (pieces: readonly Evidence[]) => pieces.map((piece) => piece.class);

describe('what only begins a sign-in', () => {
  test.each(uncounted)('%s is one proof, and never the half of two or of anything stronger', (name) => {
    fc.assert(
      fc.property(classes, strength, (others, one) => {
        if (plainOnes.includes(one.id)) expect(metBy([...others, name], one)).toBe(true);
        else
          expect(metBy([...others, name], one)).toBe(
            metBy(
              others.filter((other) => other !== name),
              one,
            ),
          );
      }),
    );
  });

  test('two factors are two of different kinds, whatever the alphabet grows to', () => {
    fc.assert(
      fc.property(classes, (some) => {
        const kinds = new Set(some.flatMap((name) => methodClasses[name].factors as readonly string[]));
        expect(metBy(some, mfa)).toBe(kinds.size >= 2);
      }),
    );
  });

  test('a reference says mfa of itself only where the one proof is several factors', () => {
    for (const name of methodClassNames) {
      const { amr, factors } = methodClasses[name] as { amr: readonly string[]; factors: readonly string[] };
      expect([name, amr.includes('mfa')]).toEqual([name, factors.length > 1]);
      expect([name, amr.includes('hwk')]).toEqual([name, name.endsWith(':attested')]);
      expect([name, amr.includes('pop') && amr.includes('user')]).toEqual([name, name.startsWith('webauthn')]);
    }
  });
});

describe('what one mailbox gave', () => {
  test('never counts twice: beside what leans on it, a code sent there is no factor', () => {
    fc.assert(
      fc.property(evidence, (pieces) => {
        const once = mailboxOnce(pieces);
        const leans = pieces.some((piece) => piece.mailbox && piece.class !== 'email-code');
        if (leans) expect(named(once)).not.toContain('email-code');
        else expect(once).toEqual(pieces);
        expect(once.map(({ class: _, ...rest }) => rest)).toEqual(pieces.map(({ class: _, ...rest }) => rest));
      }),
    );
  });

  test('it makes no difference how often or in which order it is looked at, and it never adds', () => {
    fc.assert(
      fc.property(evidence, strength, (pieces, one) => {
        const once = mailboxOnce(pieces);
        expect(mailboxOnce(once)).toEqual(once);
        expect(mailboxOnce(pieces.toReversed())).toEqual(once.toReversed());
        if (metBy(named(once), one)) expect(metBy(named(pieces), one)).toBe(true);
      }),
    );
  });
});

describe('what stands in', () => {
  const shownStandIns = fc.array(fc.constantFrom(...standInKinds, 'mailed_link' as const), { maxLength: 3 });
  const accepts = fc.subarray([...standInKinds]);
  const stand = (kind: (typeof standInKinds)[number] | 'mailed_link'): Piece => ({
    kind,
    method: kind.replace('_', '-'),
  });

  test('stands only where its kind is accepted, beside evidence of another method', () => {
    fc.assert(
      fc.property(evidence, shownStandIns, accepts, strength, (pieces, kinds, accepted, one) => {
        const shown = [...pieces, ...kinds.map(stand)];
        const byEvidence = metBy(named(pieces), one);
        expect(meets(shown, { strength: one })).toBe(byEvidence);
        if (byEvidence || !meets(shown, { strength: one, accepts: accepted })) return;
        const standing = kinds.filter((kind) => accepted.some((known) => known === kind));
        const beside = (kind: string) =>
          pieces.some((piece) => piece.method !== kind.replace('_', '-') && !(kind === 'email_code' && piece.mailbox));
        expect(standing.some(beside)).toBe(true);
      }),
    );
  });

  test('alone it is nothing: no sign-in begins with it', () => {
    for (const kind of standInKinds) expect(meets([stand(kind)], { strength: mfa, accepts: standInKinds })).toBe(false);
  });

  test('policies accept it before plain MFA alone, and only what all of them accept', () => {
    const policies = fc.array(fc.record({ require: fc.subarray(strengths), accept: accepts }), { maxLength: 4 });
    fc.assert(
      fc.property(policies, (grants) => {
        const all = grants.map(
          (grant, i): Policy => ({
            ...{ id: `p${i}`, name: `p${i}`, state: 'on' },
            judge: () => ({ why: 'it does', grant }),
          }),
        );
        const { requires } = decide(all, { user: ana, application: wiki });
        for (const { strength: one, accepts: accepted } of requires) {
          const behind = grants.filter(({ require }) => require.some(({ id }) => id === one.id));
          if (one.id !== 'mfa') expect(accepted).toEqual([]);
          else
            expect([...accepted].sort()).toEqual(
              standInKinds.filter((kind) => behind.every(({ accept }) => accept.includes(kind))).sort(),
            );
        }
      }),
    );
  });
});
