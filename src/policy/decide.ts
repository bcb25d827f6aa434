/** The decision: which policies apply to these facts and what they require together. Pure; explaining is deciding. */
import type { Application } from '../domain/application.ts';
import type { StandInKind } from '../domain/stand-in.ts';
import type { Strength } from '../domain/strength.ts';
import type { User } from '../domain/user.ts';
import type { Requirement, TraceLine, Verdict } from '../domain/verdict.ts';
import { mfa } from './strengths.ts';

/** What a policy may look at. */
export interface PolicyFacts {
  readonly user: User;
  readonly application: Application;
}

/** `accept` names what may stand in for the second factor, before plain `mfa` alone; nothing by default. */
export type Grant =
  | { readonly block: true }
  | { readonly require: readonly Strength[]; readonly accept?: readonly StandInKind[] };

/** One conditional access policy. `judge` says, in a sentence for the record, why it applies or not; no grant: it does not. */
export interface Policy {
  readonly id: string;
  readonly name: string;
  readonly state: 'on' | 'off' | 'report-only';
  judge(facts: PolicyFacts): { readonly why: string; readonly grant?: Grant };
}

/**
 * Every policy that is on and applies; block beats all; of what they require, all must be met, and only what all of those
 * behind a requirement accept may stand in. The order of `policies` never matters to the result, only to the trace's.
 */
export function decide(policies: readonly Policy[], facts: PolicyFacts): Verdict {
  const trace: TraceLine[] = [];
  const required = new Map<string, Requirement>();
  let blocked = false;
  for (const policy of policies) {
    if (policy.state === 'off') continue;
    const { why, grant } = policy.judge(facts);
    const only = policy.state === 'report-only' ? `report-only: ${why}` : why;
    trace.push({ policy: policy.id, name: policy.name, matched: grant !== undefined, why: only });
    if (!grant || policy.state !== 'on') continue;
    if ('block' in grant) {
      blocked = true;
      continue;
    }
    for (const strength of grant.require) {
      const known = required.get(strength.id);
      const accepted = strength.id === mfa.id ? (grant.accept ?? []) : [];
      required.set(strength.id, {
        strength,
        accepts: known ? known.accepts.filter((kind) => accepted.includes(kind)) : accepted,
        policies: [...(known?.policies ?? []), policy.id],
      });
    }
  }
  return { blocked, requires: [...required.values()], trace };
}
