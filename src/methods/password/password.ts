/**
 * Passwords: something a person knows. Owns how they are hashed (argon2id, in a pool of its own), what may be chosen
 * (rules.ts) and that a name nobody has takes as long as one somebody has. Asks nobody; must not know of attempts,
 * limits or pages: the engine counts and locks.
 */
import type { Credential, NewCredential } from '../../domain/credential.ts';
import type { Method, Verification } from '../../domain/method.ts';
import type { User } from '../../domain/user.ts';
import { checkPassword, hashPassword, outdated } from './hash.ts';
import { type Broken, broken, shortest } from './rules.ts';

export type Choice = { ok: true; credential: NewCredential } | { ok: false; why: Broken };

export interface Password extends Method {
  /**
   * A password this person chooses: judged by the rules, then hashed. `alone` (the default) means that it can sign in by
   * itself, which takes 15 characters; 8 do where it is only ever asked for beside a second factor.
   */
  choose(user: User, password: string, alone?: boolean): Promise<Choice>;
  /** A password an administrator declares is taken as it is; `broken` says which rule it breaks, for a warning. */
  declare(
    user: Pick<User, 'username' | 'name'>,
    password: string,
  ): Promise<{ credential: NewCredential; broken?: Broken }>;
  /** A hash that was made elsewhere (a PHC string of argon2). */
  adopt(hash: string): NewCredential;
}

const method = 'password';

/** `service` is the name people know this service by; a password may not lean on it. */
export function createPassword(service: string): Password {
  const credential = (secret: string): NewCredential => ({ method, label: 'Password', secret, data: {}, counter: -1 });
  const context = (user: Pick<User, 'username' | 'name'> & { email?: string }) => [
    service,
    user.username,
    user.name,
    user.email ?? '',
  ];

  return {
    id: method,
    first: true,
    guards: false,
    worth: [method],
    classesOf: () => [method],
    registers: [],

    challenge: async () => ({ state: '', show: {} }),

    async verify({ credentials }, _state, answer): Promise<Verification> {
      const kept: Credential | undefined = credentials[0];
      const typed = typeof answer.password === 'string' ? answer.password : '';
      if (!(await checkPassword(kept?.secret, typed)) || !kept) return { kind: 'wrong' };
      return {
        kind: 'proved',
        evidence: { class: method, method, ...(kept.data.mailbox === true ? { mailbox: true as const } : {}) },
        credential: kept.id,
        ...(outdated(kept.secret) ? { secret: await hashPassword(typed) } : {}),
      };
    },

    async choose(user, password, alone = true) {
      const why = broken(password, { minimum: alone ? shortest.alone : shortest.beside, context: context(user) });
      return why ? { ok: false, why } : { ok: true, credential: credential(await hashPassword(password)) };
    },

    async declare(user, password) {
      const why = broken(password, { minimum: shortest.alone, context: context(user) });
      const made = credential(await hashPassword(password));
      return why ? { credential: made, broken: why } : { credential: made };
    },

    adopt: credential,
  };
}
