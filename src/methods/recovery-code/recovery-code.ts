/**
 * Recovery codes: ten codes on paper, each good once, for the day the phone is gone (NIST SP 800-63B-4 section 3.1.2,
 * look-up secrets). Owns how they are made, kept and judged. Asks nobody; must not know of attempts, of the mail that tells
 * the person, or of the store, which refuses a code that was spent: this room only says which code it was.
 */
import { randomBytes } from 'node:crypto';
import type { Credential } from '../../domain/credential.ts';
import type { MethodClassName } from '../../domain/evidence.ts';
import type { Method, Registered, Verification } from '../../domain/method.ts';
import { hashOf, newCode, read, same, written } from '../copied-code.ts';

export interface RecoveryCode extends Method {
  register: NonNullable<Method['register']>;
  confirm: NonNullable<Method['confirm']>;
}

const method = 'recovery-code';
/** How many there are in a set. */
const COUNT = 10;
/** Signs of each: 56 bits. */
const LENGTH = 12;

/** What is kept of a set. The salt is the set's. */
interface Kept {
  readonly salt: string;
  /** In the order the codes were shown in. */
  readonly hashes: readonly string[];
}

/** How many of a set still work. */
export const leftOf = ({ data, spent = 0 }: Pick<Credential, 'data' | 'spent'>): number =>
  Math.max(0, (typeof data.codes === 'number' ? data.codes : COUNT) - spent);

/** Only what we wrote ourselves; anything else registers nothing. */
function codesIn(state: string | undefined): readonly string[] | undefined {
  if (!state) return undefined;
  try {
    const { codes } = JSON.parse(state);
    return Array.isArray(codes) && codes.length === COUNT ? codes.map(String) : undefined;
  } catch {
    return undefined;
  }
}

/** `counted`: a code is half of two factors (`assurance.recovery_code: factor`). Where it is not, nobody is asked to have some. */
export function createRecoveryCode({ counted = true }: { counted?: boolean } = {}): RecoveryCode {
  const name: MethodClassName = counted ? 'recovery-code' : 'recovery-code:uncounted';
  return {
    id: method,
    first: false,
    guards: true,
    ...(counted ? { spare: true as const } : {}),
    worth: [name],
    classesOf: (credential) => (leftOf(credential) > 0 ? [name] : []),
    // Not in the place of a second factor: what one keeps for when it is lost.
    registers: [],

    challenge: async () => ({ state: '', show: {} }),

    async verify({ credentials }, _state, answer): Promise<Verification> {
      const code = read(answer.code);
      if (code?.length !== LENGTH) return { kind: 'wrong' };
      for (const credential of credentials) {
        const { salt, hashes } = JSON.parse(credential.secret) as Kept;
        const hash = await hashOf(code, salt);
        const which = hashes.findIndex((one) => same(one, hash));
        if (which < 0) continue;
        const left = Math.max(0, leftOf(credential) - 1);
        return {
          kind: 'proved',
          evidence: { class: name, method },
          credential: credential.id,
          once: String(which),
          tells: { kind: 'recovery-code-used', data: { left } },
        };
      }
      return { kind: 'wrong' };
    },

    async register({ user, issuer, held, now }, state) {
      const codes = codesIn(state) ?? Array.from({ length: COUNT }, () => newCode(LENGTH));
      const begun = codesIn(state) ? (state as string) : JSON.stringify({ codes, at: now });
      const { at } = JSON.parse(begun) as { at: number };
      const shown = codes.map(written);
      return {
        state: begun,
        show: {
          codes: shown,
          at,
          account: user.username,
          service: issuer,
          replaces: held.length > 0,
          file: 'recovery-codes.txt',
        },
      };
    },

    async confirm(state, answer, now): Promise<Registered> {
      const codes = codesIn(state);
      if (!codes || answer.kept !== 'yes') return { kind: 'wrong' };
      const salt = randomBytes(16).toString('base64url');
      const kept: Kept = { salt, hashes: await Promise.all(codes.map((code) => hashOf(code, salt))) };
      const secret = JSON.stringify(kept);
      return {
        kind: 'registered',
        credential: { method, label: 'Recovery code', secret, data: { codes: COUNT, madeAt: now }, counter: -1 },
        replaces: true,
      };
    },
  };
}
