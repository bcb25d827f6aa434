/** Which page a step is, and what stands on it. Pure: everything a person reads is decided here, its words are in locales/. */
import type { Evidence } from '../domain/evidence.ts';
import type { Strength } from '../domain/strength.ts';
import { satisfies } from '../policy/strengths.ts';
import { choosable } from './choosable.ts';
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
  const said = signIn.said && isAbout(step, signIn.said.method) ? signIn.said : undefined;
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
  const locked = (until: number, others: boolean): Page => {
    const reference = said?.kind === 'locked' ? said.reference : undefined;
    const data = { until, reference, others, changeable, lost: step.kind !== 'identify' };
    return { ...shown('signin/locked', data, 429), retryAfter: Math.ceil((until - now) / 1000) };
  };
  switch (step.kind) {
    case 'identify':
      if (said?.kind === 'locked' && said.until > now) return locked(said.until, false);
      return shown('signin/identify', { ...page.show, ...(said?.method ? { by: said.method } : {}) });
    case 'consent': {
      const host = page.leadsTo.map((url) => URL.canParse(url) && new URL(url).host).find(Boolean);
      return shown('signin/consent', { ...(host ? { host } : {}), items: step.items, who: who(facts) });
    }
    case 'anew':
      return shown('signin/anew', { because: step.because, methods: step.methods });
    case 'refused':
      return shown(
        'signin/refused',
        { code: step.because ?? step.code, changeable, policies: blockingPolicies(facts), advice: page.advice },
        step.code === 'denied' || step.code === 'requirements-unmet' ? 403 : 200,
      );
    case 'prove':
    case 'register': {
      const others = step.others.length > 0;
      const ways = choosable(facts, step);
      const counted = steps(page, step.ahead);
      if (signIn.lost) {
        const resorts = ways.filter(({ id }) => lastResorts.includes(id)).map(({ id }) => id);
        return shown('signin/lost', { resorts, back: step.method, others });
      }
      if (signIn.choosing && others) {
        const register = step.kind === 'register';
        return shown('signin/choose', { methods: ways, register, changeable, ...counted, ...why(page) });
      }
      const until = said?.kind === 'locked' ? said.until : step.kind === 'prove' ? step.lockedUntil : undefined;
      if (until && until > now) return locked(until, others);
      return shown(`methods/${step.method}${step.kind === 'register' ? '-register' : ''}`, {
        ...page.show,
        username: signIn.name ?? facts.user?.username ?? '',
        changeable,
        others,
        ...('opens' in step ? { opens: true } : {}),
        ...('optional' in step ? { optional: true } : {}),
        stay: {
          offered: signIn.ask.keeps && !page.session?.stay && facts.beginners.includes(step.method),
          checked: signIn.stay,
        },
        ...counted,
        ...why(page),
      });
    }
  }
}

/** What helps whoever has lost everything else: kept for that day, or given by somebody who knows them. */
const lastResorts: readonly string[] = ['recovery-code', 'access-pass'];

/** Whether what was said of a method is said of what this step asks. */
const isAbout = (step: PageView['step'], method: string | undefined): boolean =>
  method === undefined ||
  ('method' in step ? step.method === method : step.kind === 'identify' && step.unnamed.includes(method));

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
