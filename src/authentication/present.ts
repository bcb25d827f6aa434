/** Which page a step is, and what stands on it. Pure: everything a person reads is decided here, its words are in locales/. */
import type { Evidence } from '../domain/evidence.ts';
import type { Strength } from '../domain/strength.ts';
import { satisfies } from '../policy/strengths.ts';
import type { Facts } from './next.ts';
import { stepName, type View } from './walking.ts';

type PageView = Extract<View, { kind: 'page' }>;

export interface Page {
  readonly view: string;
  readonly status: number;
  /** Seconds, with status 429. */
  readonly retryAfter?: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The page for what is missing now. `now` in milliseconds. */
export function present(page: PageView, now: number): Page {
  const { signIn, facts, step } = page;
  const said =
    signIn.said && (!signIn.said.method || ('method' in step && step.method === signIn.said.method))
      ? signIn.said
      : undefined;
  const common = {
    action: `/signin/${signIn.id}`,
    step: stepName(step),
    application: { id: facts.application.id, name: facts.application.name },
    ...(said?.kind === 'wrong' ? { wrong: true, reason: said.reason, named: said.named } : {}),
    ...(said?.kind === 'empty' ? { empty: true } : {}),
  };
  const shown = (view: string, data: Record<string, unknown> = {}, status = 200): Page => ({
    view,
    status,
    data: { ...common, ...data },
  });
  const changeable = !signIn.ask.subject;
  const locked = (until: number, reference: string | undefined, others: boolean): Page => ({
    ...shown('signin/locked', { until, reference, others, changeable }, 429),
    retryAfter: Math.ceil((until - now) / 1000),
  });
  switch (step.kind) {
    case 'identify': {
      const tried = signIn.said?.method && step.unnamed.includes(signIn.said.method) ? signIn.said : undefined;
      if (tried?.kind === 'locked' && tried.until > now) return locked(tried.until, tried.reference, false);
      const refused = tried?.kind === 'wrong' ? (tried.reason ?? 'wrong') : undefined;
      return shown('signin/identify', { ...page.show, ...(refused ? { refused } : {}) });
    }
    case 'consent': {
      const host = page.leadsTo.map((url) => URL.canParse(url) && new URL(url).host).find(Boolean);
      return shown('signin/consent', { ...(host ? { host } : {}), items: step.items, who: who(facts) });
    }
    case 'refused':
      return shown(
        'signin/refused',
        { code: step.because ?? step.code, changeable, policies: blockingPolicies(facts), advice: page.advice },
        step.code === 'denied' ? 403 : 200,
      );
    case 'prove':
    case 'register': {
      if (signIn.choosing && step.others.length > 0) {
        return shown('signin/choose', { methods: [step.method, ...step.others].map((id) => choice(facts, id)) });
      }
      const until = said?.kind === 'locked' ? said.until : step.kind === 'prove' ? step.lockedUntil : undefined;
      if (until && until > now)
        return locked(until, said?.kind === 'locked' ? said.reference : undefined, step.others.length > 0);
      return shown(`methods/${step.method}${step.kind === 'register' ? '-register' : ''}`, {
        ...page.show,
        username: signIn.name ?? facts.user?.username ?? '',
        changeable,
        others: step.others.length > 0,
        stay: {
          offered: signIn.ask.keeps && !page.session?.stay && facts.beginners.includes(step.method),
          checked: signIn.stay,
        },
        ...steps(page, step.ahead),
        ...why(page),
      });
    }
  }
}

/** "Step 2 of 2", when the total is known and more than one. */
function steps({ signIn }: PageView, ahead: number | undefined) {
  const now = signIn.proofs.length + 1;
  return ahead === undefined || now + ahead < 2 ? {} : { steps: { now, of: now + ahead } };
}

/** Why more is asked of somebody who is signed in already: who asks, for what reason, by which policies. */
function why({ facts, session, signIn }: PageView) {
  const before = session && session.user === facts.user?.id ? session.evidence : [];
  const proved = [...before, ...signIn.proofs];
  if (!facts.vouched || proved.length === 0) return {};
  // Only what has never been proved here is asked for its own sake; what was, is asked for being too old.
  const lacking = (strength: Strength | undefined) => strength !== undefined && !satisfies(proved, strength);
  const unmet = (facts.verdict?.requires ?? []).filter(({ strength }) => lacking(strength));
  const ids = [...new Set(unmet.flatMap((requirement) => requirement.policies))];
  const policies = (facts.verdict?.trace ?? []).filter((line) => ids.includes(line.policy)).map((line) => line.name);
  const kind = signIn.ask.register
    ? 'account'
    : ids.length === 1 && ids[0] === 'two-step'
      ? 'two-step'
      : policies.length
        ? 'policy'
        : facts.ask.wants.some((want) => lacking(want.anyOf[0]))
          ? 'application'
          : 'fresh';
  return {
    why: { kind, application: facts.application.name, proved: latest(proved), policies, signedIn: before.length > 0 },
  };
}

/** Who said no, by name: never other people's rules, only what matched this person. */
const blockingPolicies = (facts: Facts): string[] =>
  facts.verdict?.blocked ? facts.verdict.trace.filter((line) => line.matched).map((line) => line.name) : [];

const latest = (proved: readonly Evidence[]) =>
  [...new Map(proved.map((piece) => [piece.method, piece.at]))].map(([name, at]) => ({ name, at }));

const who = (facts: Facts) => facts.user?.email ?? facts.user?.username ?? '';

function choice(facts: Facts, id: string) {
  const lastUsedAt = facts.holdings.find((holding) => holding.option.method === id)?.lastUsedAt;
  return { id, ...(lastUsedAt ? { lastUsedAt } : {}) };
}
