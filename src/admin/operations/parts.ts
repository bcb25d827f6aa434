import type { Recorder } from '../../audit/event.ts';
import type { Notices } from '../../authentication/notices.ts';
import type { Sessions } from '../../authentication/sessions.ts';
import type { Credential, NewCredential } from '../../domain/credential.ts';
import type { Message, Sent } from '../../domain/message.ts';
import type { Method } from '../../domain/method.ts';
import type { User } from '../../domain/user.ts';
import type { ApiAnswers } from '../../store/api-answers.ts';
import type { Applications } from '../../store/applications.ts';
import type { Spooled } from '../../store/backup/spooling.ts';
import type { Credentials } from '../../store/credentials.ts';
import type { Events } from '../../store/events.ts';
import type { RegistrationLinks } from '../../store/registration-links.ts';
import type { Sealed } from '../../store/sealed.ts';
import type { Users } from '../../store/users.ts';
import { Problem } from '../api/problem.ts';
import type { HeldRoles } from '../held.ts';
import type { ApplicationRules } from './application.ts';
import type { ConfigurationParts } from './configuration.ts';
import type { ChangingKeys, KeyUse } from './keys.ts';

/** What only a running server has: people who are signed in, and applications that hear of changes. */
export interface Live {
  readonly sessions: Pick<Sessions, 'ofUser' | 'bySid' | 'end' | 'endAll'>;
  /** The ways to sign in there are here, best first. */
  readonly methods: ReadonlyMap<string, Pick<Method, 'id' | 'guards' | 'spare' | 'register'>>;
  /** Ends every token of a person that outlives sessions. */
  endTokens(user: string): Promise<void>;
  /** Applications have changed: read them now, not at the next look. */
  refresh(): Promise<unknown>;
  /** Absent where no mail is sent. */
  readonly mail?: Mailing | undefined;
}

/** Writes to people; `answer` is what the mail server said, for whoever runs it. */
export interface Mailing {
  deliver(message: Message): Promise<{ readonly sent: Sent; readonly answer: string }>;
}

interface AllowedRegistration {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly scopes: readonly string[];
}

/** How applications may register themselves; `allow` makes an initial access token, `expires` in seconds. */
export interface RegistrationRules {
  readonly scopes: readonly string[];
  allow(access: {
    readonly expires: number;
    readonly uses: number;
    readonly by: string;
    readonly scopes?: readonly string[];
  }): Promise<AllowedRegistration>;
}

/** How access passes are made here (methods/access-pass). */
export interface PassRules {
  /** Seconds from now that one may be good for. */
  readonly longest: number;
  /** Whether the file leaves passes to this person. */
  allowed(user: User): boolean;
  issue(
    terms: PassTerms & { readonly user: string },
    length?: number,
  ): Promise<{ readonly pass: string; readonly credential: NewCredential }>;
  /** What was said of one when it was issued. */
  termsOf(credential: Credential): PassTerms;
}

interface PassTerms {
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly startsAt: number;
  readonly endsAt: number;
  readonly oneTime: boolean;
  readonly firstFactor: boolean;
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
  readonly passes: PassRules;
  /** Tells people by mail what was done to their account; absent where there is no mail. */
  readonly notices?: Notices | undefined;
  readonly roles: HeldRoles;
  readonly rules: ApplicationRules;
  readonly configuration: ConfigurationParts;
  readonly sealed: Pick<Sealed, 'counts' | 'given' | 'reseal'>;
  readonly keys: Readonly<Record<KeyUse, () => Promise<ChangingKeys>>>;
  /** Absent: applications may not register themselves. */
  readonly registration?: RegistrationRules | undefined;
  /** All that is durable, as it stands now. */
  backup(at: number): Promise<Spooled>;
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

/** Throws Problem 503 where no server runs, 409 where it sends no mail, and 502 when the mail server did not take the message. */
export async function mailed(parts: AdminParts, message: Message): Promise<string> {
  const { mail } = live(parts);
  if (!mail) throw new Problem('conflict', 'This server sends no mail: there is no mail in its configuration.');
  const { sent, answer } = await mail.deliver(message);
  if (sent !== 'sent') throw new Problem('unsent', answer);
  return answer;
}
