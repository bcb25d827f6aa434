import type { Facts } from '../../src/authentication/next.ts';
import { present } from '../../src/authentication/present.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import { builtInPolicies } from '../../src/policy/built-in.ts';
import { decide } from '../../src/policy/decide.ts';
import { builtIn } from '../../src/policy/strengths.ts';
import { ana } from '../support/people.ts';

const application = {
  id: 'wiki',
  name: 'Wiki',
  protocol: 'oidc' as const,
  thirdParty: false,
  settings: {},
  disabled: false,
};
const password: Evidence = { class: 'password', method: 'password', at: 1 };
const totp: Evidence = { class: 'totp', method: 'totp', at: 2 };

/** The reason a page gives to ana, who has proved this much in her session, for asking once more. */
function reason(more: { proved: Evidence[]; twoStep?: boolean; wants?: string[]; counts?: Evidence[] }) {
  const user = { ...ana, twoStep: more.twoStep ?? false };
  const wants = (more.wants ?? []).map((id) => ({ anyOf: [builtIn[id]!], essential: true }));
  const ask = { application: 'wiki', wants, after: 5, choose: false, passive: false, keeps: true };
  const facts = {
    ask,
    application,
    user,
    named: true,
    vouched: true,
    evidence: more.counts ?? [],
    verdict: decide(builtInPolicies(), { user, application }),
    standIns: [],
    recent: { evidence: [], standIns: [] },
    holdings: [],
    registrable: [],
    enrolment: { guarded: true, opened: false, openers: [] },
    fresh: false,
    registered: [],
    unshared: [],
    beginners: ['password'],
    unnamed: [],
  } satisfies Facts;
  const session = {
    sid: 's',
    user: user.id,
    evidence: more.proved,
    standIns: [],
    startedAt: 1,
    expiresAt: 9,
    stay: false,
    agent: '',
    address: '',
    participants: {},
    notes: {},
  };
  const signIn = {
    id: 'w',
    asker: 'oidc',
    ticket: '',
    ask,
    browser: 'b',
    startedAt: 6,
    proofs: [],
    stay: false,
    user: user.id,
  };
  const step = { kind: 'prove', method: 'totp', others: [], wanted: [], ahead: 0 } as const;
  const { data } = present({ kind: 'page', signIn, facts, step, session, leadsTo: [], show: {} }, 7);
  const { kind, policies } = data.why as { kind: string; policies: string[] };
  return { kind, policies };
}

test('the application is named when it asks for what was never proved, the policy when it does', () => {
  expect(reason({ proved: [password], wants: ['mfa'] })).toEqual({ kind: 'application', policies: [] });
  expect(reason({ proved: [password], twoStep: true })).toEqual({ kind: 'two-step', policies: ['Two-step sign-in'] });
});

test('what was proved and is only too old is asked for its age: no policy is blamed for that', () => {
  expect(reason({ proved: [password, totp], wants: ['mfa'] })).toEqual({ kind: 'fresh', policies: [] });
  expect(reason({ proved: [password, totp], twoStep: true })).toEqual({ kind: 'fresh', policies: [] });
});
