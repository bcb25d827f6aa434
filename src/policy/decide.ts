/** The decision: which policies apply to these facts and what they require together. Pure; explaining is deciding. */
import type { Application } from '../domain/application.ts';
import type { Strength } from '../domain/strength.ts';
import type { User } from '../domain/user.ts';
import type { Requirement, TraceLine, Verdict } from '../domain/verdict.ts';

/** What a policy may look at. */
export interface PolicyFacts {
  readonly user: User;
  readonly application: Application;
}

/** One conditional access policy. `match` says whether it applies and, in a sentence for the record, why. */
export interface Policy {
  readonly id: string;
  readonly name: string;
  readonly state: 'on' | 'off' | 'report-only';
  match(facts: PolicyFacts): { matched: boolean; why: string };
  readonly grant: { readonly block: true } | { readonly require: readonly Strength[] };
}

/**
 * Every policy that is on and matches applies; block beats all; of what they require, all must be met. The order of
 * `policies` never matters to the result, only to the order of the trace.
 */
export function decide(policies: readonly Policy[], facts: PolicyFacts): Verdict {
  const trace: TraceLine[] = [];
  const required = new Map<string, Requirement>();
  let blocked = false;
  for (const policy of policies) {
    if (policy.state === 'off') continue;
    const { matched, why } = policy.match(facts);
    const only = policy.state === 'report-only' ? `report-only: ${why}` : why;
    trace.push({ policy: policy.id, name: policy.name, matched, why: only });
    if (!matched || policy.state !== 'on') continue;
    if ('block' in policy.grant) {
      blocked = true;
      continue;
    }
    for (const strength of policy.grant.require) {
      const known = required.get(strength.id);
      required.set(strength.id, { strength, policies: [...(known?.policies ?? []), policy.id] });
    }
  }
  return { blocked, requires: [...required.values()], trace };
}
