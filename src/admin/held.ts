import { type Role, roleNames } from '../domain/role.ts';
import type { User } from '../domain/user.ts';
import { RoleGrants } from '../store/role-grants.ts';
import { keyOf, Users } from '../store/users.ts';
import { Problem } from './api/problem.ts';
import { isRole } from './roles.ts';

/** Roles as the configuration gives them: user names of the local store, and groups. */
export interface DeclaredRoles {
  readonly role: Role;
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** What a person is known by to whoever gives roles. */
export type Known = Pick<User, 'id' | 'store' | 'username' | 'groups'>;

const sameName = (a: string, b: string) => keyOf(a) === keyOf(b);

/** Who holds which role: from the file, which alone takes those back, and by hand. */
export class HeldRoles {
  readonly declared: readonly DeclaredRoles[];
  readonly grants: RoleGrants;

  constructor(declared: readonly DeclaredRoles[], grants: RoleGrants) {
    this.declared = declared;
    this.grants = grants;
  }

  async of(user: Known): Promise<readonly Role[]> {
    const byHand = await this.grants.of(user.id, user.groups);
    return roleNames.filter((role) => byHand.includes(role) || this.#declares(role, user));
  }

  /** The roles that come with being in any of these groups. */
  async ofGroups(groups: readonly string[]): Promise<readonly Role[]> {
    const byHand = await this.grants.of('', groups);
    const inFile = this.declared.filter((one) => one.groups.some((group) => groups.includes(group)));
    return [...byHand, ...inFile.map(({ role }) => role)].filter(isRole);
  }

  /** Does `change` unless nobody would be left to act as owner. Throws Problem 409. */
  async keepingAnOwner<T>(change: (users: Users, grants: RoleGrants) => Promise<T>): Promise<T> {
    const inFile = this.declared.filter(({ role }) => role === 'owner');
    const declared = {
      users: inFile.flatMap(({ users }) => users.map((username) => ({ store: 'local', username }))),
      groups: inFile.flatMap(({ groups }) => [...groups]),
    };
    const result = await this.grants.keeping('owner', declared, async (trx) => ({
      done: await change(new Users(trx), new RoleGrants(trx)),
    }));
    if (!result) throw new Problem('last-owner');
    return result.done;
  }

  #declares(role: Role, { store, username, groups }: Known): boolean {
    return this.declared.some(
      (one) =>
        one.role === role &&
        ((store === 'local' && one.users.some((name) => sameName(name, username))) ||
          one.groups.some((group) => groups.includes(group))),
    );
  }
}
