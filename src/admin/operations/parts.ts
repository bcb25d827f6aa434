import type { Recorder } from '../../audit/event.ts';
import type { Sessions } from '../../authentication/sessions.ts';
import type { ApiAnswers } from '../../store/api-answers.ts';
import type { Applications } from '../../store/applications.ts';
import type { Credentials } from '../../store/credentials.ts';
import type { Events } from '../../store/events.ts';
import type { RegistrationLinks } from '../../store/registration-links.ts';
import type { Registrations } from '../../store/registrations.ts';
import type { Sealed } from '../../store/sealed.ts';
import type { Users } from '../../store/users.ts';
import { Problem } from '../api/problem.ts';
import type { HeldRoles } from '../held.ts';
import type { ApplicationRules } from './application.ts';
import type { ChangingKeys, KeyUse } from './keys.ts';

/** What only a running server has: people who are signed in, and applications that hear of changes. */
export interface Live {
  readonly sessions: Pick<Sessions, 'ofUser' | 'bySid' | 'end' | 'endAll'>;
  /** Ends every token of a person that outlives sessions. */
  endTokens(user: string): Promise<void>;
  /** Applications have changed: read them now, not at the next look. */
  refresh(): Promise<unknown>;
}

/** What operations work on. Made in composition/administration.ts, for a server and for a command without one alike. */
export interface AdminParts {
  readonly issuer: string;
  readonly version: string;
  readonly users: Users;
  readonly credentials: Credentials;
  readonly applications: Applications;
  readonly events: Events;
  readonly links: RegistrationLinks;
  readonly answers: ApiAnswers;
  readonly roles: HeldRoles;
  readonly rules: ApplicationRules;
  readonly sealed: Pick<Sealed, 'counts' | 'given' | 'reseal'>;
  /** Absent: applications may not register themselves. */
  readonly registration?:
    | { readonly scopes: readonly string[]; readonly registrations: Pick<Registrations, 'allow'> }
    | undefined;
  readonly keys: Readonly<Record<KeyUse, () => Promise<ChangingKeys>>>;
  readonly recorder: Recorder;
  /** Absent where no server runs. */
  readonly live?: Live | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Throws Problem 503 where no server runs. */
export function live(parts: AdminParts): Live {
  if (!parts.live) throw new Problem('needs-server');
  return parts.live;
}
