import type { User } from '../domain/user.ts';
import type { Role } from './roles.ts';

/** Who holds which role, from the file and by hand. */
export interface HeldRoles {
  of(user: Pick<User, 'id' | 'username' | 'store' | 'groups'>): Promise<readonly Role[]>;
}
