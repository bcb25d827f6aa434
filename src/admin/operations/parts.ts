import type { Recorder } from '../../audit/event.ts';
import type { Credentials } from '../../store/credentials.ts';
import type { Users } from '../../store/users.ts';
import type { HeldRoles } from '../held.ts';
import type { ChangingKeys } from './saml-keys.ts';

/** What operations work on. Made in composition/administration.ts, for a server and for a command without one alike. */
export interface AdminParts {
  readonly users: Users;
  readonly credentials: Credentials;
  readonly samlKeys: () => Promise<ChangingKeys>;
  readonly roles: HeldRoles;
  readonly recorder: Recorder;
  /** A server runs here: people are signed in, applications are told. */
  readonly serving: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
