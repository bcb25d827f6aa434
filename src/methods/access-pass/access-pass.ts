/**
 * Access passes: a code an administrator gives to a person who has nothing else right now, for some hours and usually for
 * one use. Owns how one is made, kept and judged. Asks nobody; must not know who may issue one or whom to tell.
 * It is never half of two factors: shown by somebody who is vouched for it stands in, and one that was issued to begin with
 * is evidence of having been let in by somebody else.
 */
import type { Credential, NewCredential } from '../../domain/credential.ts';
import type { Method, Verification } from '../../domain/method.ts';
import { hashOf, newCode, read, same, written } from '../copied-code.ts';

/** What is said of a pass when it is issued. */
export interface PassTerms {
  /** For whom: their id. */
  readonly user: string;
  /** Who issues it, as the record names them. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly startsAt: number;
  readonly endsAt: number;
  /** Good for a single use. */
  readonly oneTime: boolean;
  /** Good for beginning a sign-in too, with nothing proved before. */
  readonly firstFactor: boolean;
}

export interface AccessPass extends Method {
  /** A new pass: as it is shown, once, and what is kept of it. `length` in signs, at least as long as usual. */
  issue(terms: PassTerms, length?: number): Promise<{ pass: string; credential: NewCredential }>;
}

const method = 'access-pass';
/** What a guess at nobody's is hashed with. */
const nobody = 'stile-nobody';

/** Signs of a pass: 12 are 56 bits. */
export const shortestPass = 12;

/** The terms of a pass as they were kept. */
export function termsOf({ data }: Pick<Credential, 'data'>): Omit<PassTerms, 'user'> {
  const { by, startsAt, endsAt, oneTime, firstFactor } = data;
  return {
    by: String(by),
    startsAt: Number(startsAt),
    endsAt: Number(endsAt),
    oneTime: oneTime !== false,
    firstFactor: firstFactor === true,
  };
}

/** Whether it may be shown now: begun, not over, and not spent. */
export function opens(pass: Pick<Credential, 'data' | 'counter'>, now: number): boolean {
  const { startsAt, endsAt, oneTime } = termsOf(pass);
  return now >= startsAt && now < endsAt && !(oneTime && pass.counter >= 1);
}

/** `length`: signs of a new pass. */
export function createAccessPass({ length = shortestPass }: { length?: number } = {}): AccessPass {
  return {
    id: method,
    first: true,
    guards: false,
    worth: ['access-pass'],
    standsIn: 'access_pass',
    classesOf: () => [],
    registers: [],
    usable: opens,

    challenge: async () => ({ state: '', show: {} }),

    async verify({ user, credentials, vouched, now }, _state, answer): Promise<Verification> {
      const code = read(answer.code);
      // Whoever it names and whatever they hold, it is one computation.
      const hash = await hashOf(code ?? '', user?.id ?? nobody, !vouched);
      if (code === undefined) return { kind: 'wrong' };
      for (const pass of credentials) {
        if (!same(pass.secret, hash) || !opens(pass, now)) continue;
        const { oneTime, firstFactor, by, endsAt } = termsOf(pass);
        if (!vouched && !firstFactor) continue;
        const proof = vouched
          ? { standIn: { kind: 'access_pass' as const, method, until: endsAt } }
          : { evidence: { class: 'access-pass' as const, method } };
        return {
          kind: 'proved',
          ...proof,
          credential: pass.id,
          ...(oneTime ? { counter: 1 } : {}),
          records: { type: 'access-pass.used', detail: { pass: pass.id, by, oneTime } },
        };
      }
      return { kind: 'wrong' };
    },

    async issue({ user, by, startsAt, endsAt, oneTime, firstFactor }, wanted = length) {
      const code = newCode(Math.max(length, wanted));
      const secret = await hashOf(code, user);
      const data = { by, startsAt, endsAt, oneTime, firstFactor };
      return { pass: written(code), credential: { method, label: 'Access pass', secret, data, counter: -1 } };
    },
  };
}
