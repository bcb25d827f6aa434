import type { Actor } from '../actor.ts';
import type { Operation, Target } from '../operations/operation.ts';
import { covers, may } from '../roles.ts';
import { Problem } from './problem.ts';

/** What the administration asks of a token, apart from its scope. */
export interface Demands {
  /** Seconds: how old the proof behind a change may be. */
  readonly fresh: number;
  /** The acr values that say two factors, for the challenge. */
  readonly acrValues: readonly string[];
}

/** Before anything of the request is read. Throws Problem 401 or 403. */
export function allow(one: Operation, by: Actor, now: number, { fresh, acrValues }: Demands): void {
  if (one.local && by.kind !== 'local') throw new Problem('local-only');
  // Nobody stands behind an application's own token, fresh or not.
  if (one.people && by.kind === 'client') throw new Problem('people-only');
  if (by.kind === 'user') {
    if (!by.proved?.strong) throw more(by, { acrValues });
    const age = now / 1000 - (by.proved.authTime ?? 0);
    if (one.event && age > fresh) throw more(by, { acrValues, maxAge: fresh });
  }
  if (!may(by.roles, one.permission))
    throw new Problem('not-allowed', `It takes the permission ${one.permission}.`, {
      more: { permission: one.permission },
    });
}

/** RFC 9470 section 3. */
const more = (by: Actor, how: { acrValues: readonly string[]; maxAge?: number }): Problem =>
  new Problem('insufficient-authentication', undefined, { headers: { ...by.challenge?.(how) } });

/** Nobody acts on whoever may do more than they, nor on themselves where `others` says so. Throws Problem 403. */
export function reach(one: Operation, by: Actor, target: Target): void {
  if (one.others && by.kind === 'user' && target.user?.id === by.id) throw new Problem('own-account');
  if (one.event && !covers(by.roles, target.roles)) throw new Problem('higher-role');
}
