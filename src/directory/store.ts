/**
 * Identity stores: where people live. Owns the question "who is this?"; asks the place the people are kept in; must not
 * know how they prove it, nor create anybody.
 */
import type { User } from '../domain/user.ts';

export interface IdentityStore {
  /** As the configuration names it. */
  readonly id: string;
  /** By what a person types into the name field; undefined for a name nobody has. */
  find(name: string): Promise<User | undefined>;
  byId(id: string): Promise<User | undefined>;
}
