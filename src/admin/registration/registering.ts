import type { Recorder } from '../../audit/event.ts';
import type { Browser } from '../../authentication/authentication.ts';
import { guarded } from '../../authentication/enrolment.ts';
import type { Sessions } from '../../authentication/sessions.ts';
import type { NewCredential } from '../../domain/credential.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { Method } from '../../domain/method.ts';
import type { User } from '../../domain/user.ts';
import type { Credentials } from '../../store/credentials.ts';
import type { RegistrationLinks } from '../../store/registration-links.ts';
import type { Users } from '../../store/users.ts';

/** What a registration link needs to be followed. */
export interface Registering {
  readonly links: RegistrationLinks;
  readonly users: Pick<Users, 'byId' | 'within'>;
  readonly credentials: Credentials;
  readonly methods: ReadonlyMap<string, Method>;
  readonly sessions: Pick<Sessions, 'endAll' | 'join'>;
  endTokens(user: string): Promise<void>;
  /** The rules of a new password (methods/password), which may sign in by itself. */
  judge(user: User, password: string): Promise<{ ok: true; credential: NewCredential } | { ok: false; why: string }>;
  readonly recorder: Recorder;
  /** What an authenticator app calls us. */
  readonly service: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The second factor that a link lets register: what everybody can have. */
const second = 'totp';

export interface Opened {
  readonly user: User;
  readonly by: string;
  /** It came by mail: what is chosen by it is worth no more than the mailbox, and a second factor is not among it. */
  readonly mailed: boolean;
  /** They have a second factor already, and keep it. */
  readonly guarded: boolean;
  readonly registration?: { readonly state: string; readonly show: Readonly<Record<string, unknown>> };
}

/** Whom a link is for and what they have to choose; undefined when it works no more. The same each time it is opened. */
export async function open(parts: Registering, token: string): Promise<Opened | undefined> {
  const now = parts.now();
  const link = await parts.links.find(token, now);
  const user = link && (await parts.users.byId(link.user));
  if (!user || user.disabled) return undefined;
  const held = guarded(parts.methods, await parts.credentials.of(user.id));
  const about = { user, by: link.by, mailed: link.mailed, guarded: held };
  const method = parts.methods.get(second);
  // Or whoever reads the mailbox would have two factors by it.
  if (!method?.register || held || link.mailed) return about;
  const person = { user, issuer: parts.service, held: [], now };
  const begun = await method.register(person, link.state);
  if (begun.state === link.state) return { ...about, registration: begun };
  await parts.links.keep(token, begun.state);
  // Another tab may have been quicker.
  const kept = (await parts.links.find(token, now))?.state;
  return kept === undefined ? undefined : { ...about, registration: await method.register(person, kept) };
}

export type Finished =
  | { readonly kind: 'done' }
  | { readonly kind: 'dead' }
  | { readonly kind: 'wrong'; readonly why?: string; readonly problem?: 'empty' | 'wrong' };

/**
 * Takes what was chosen: all of it or nothing, and once. Whoever was signed in as this person no longer is; whoever
 * registered a second factor just now is, by both.
 */
export async function finish(
  parts: Registering,
  token: string,
  { user, by, mailed, registration }: Opened,
  form: Readonly<Record<string, string>>,
  browser: Browser,
): Promise<Finished> {
  const now = parts.now();
  const code = registration && (await parts.methods.get(second)?.confirm?.(registration.state, form, now));
  const problem = code && code.kind !== 'registered' ? (form.code ? 'wrong' : 'empty') : undefined;
  // Judged before it is hashed, so that a wrong code costs no hash.
  if (problem) return { kind: 'wrong', problem };
  const chosen = await parts.judge(user, form.password ?? '');
  if (!chosen.ok) return { kind: 'wrong', why: chosen.why };

  const proofs: Evidence[] = [];
  const first = await parts.links.spend(token, now, async (trx) => {
    const credentials = parts.credentials.within(trx);
    const password = await credentials.replace(user.id, mailed ? ofMailbox(chosen.credential) : chosen.credential, now);
    proofs.push({ class: 'password', method: 'password', at: now, credential: password.id });
    if (code?.kind !== 'registered') return;
    const added = await credentials.add(user.id, code.credential, now);
    await parts.users.within(trx).setPreferred(user.id, second);
    if (code.class) proofs.push({ class: code.class, method: second, at: now, credential: added.id });
  });
  if (!first) return { kind: 'dead' };
  await parts.endTokens(user.id);
  await parts.sessions.endAll(user.id, 'password changed', { address: browser.address });
  const about = { at: now, user: user.id, address: browser.address };
  const detail = { methods: proofs.map(({ method }) => method), by, mailed };
  await parts.recorder.record({ type: 'registration-link.used', ...about, detail });
  if (code) await signIn(parts, user.id, proofs, browser, about);
  return { kind: 'done' };
}

/** A password that a link to the mailbox let somebody choose (domain/evidence.ts, `mailbox`). */
const ofMailbox = (credential: NewCredential): NewCredential => ({
  ...credential,
  data: { ...credential.data, mailbox: true },
});

async function signIn(
  { sessions, recorder }: Registering,
  user: string,
  proofs: readonly Evidence[],
  browser: Browser,
  about: { at: number; user: string; address: string },
): Promise<void> {
  const { agent, address } = browser;
  const joined = await sessions.join(browser.session, { user, shown: proofs, stay: false, agent, address });
  if (joined.cookie) browser.keepSession(joined.cookie, joined.seconds);
  await recorder.record({ type: 'session.started', ...about, sid: joined.sid, detail: { by: 'registration link' } });
}
