/**
 * Who may register a way to sign in, now. The first second factor is the dangerous one: a stolen password must not enrol
 * the thief's phone (house.md). Whoever holds one adds another by two factors; an access pass alone opens either. Pure.
 */
import type { Credential } from '../domain/credential.ts';
import type { Method } from '../domain/method.ts';
import type { User } from '../domain/user.ts';
import type { Shown } from './counted.ts';

/** What it takes to register the first second factor, beside a first factor: nothing more, the mailbox, or a pass. */
export type FirstEnrolment = 'password' | 'mailed-link' | 'pass';

export interface EnrolmentRules {
  readonly first: FirstEnrolment;
  /** How long from being asked for the first time it stays open to the person alone, in milliseconds. */
  readonly window: number;
}

/** How things stand with registering, for one person. */
export interface Enrolment {
  /** The person holds more than a password: another factor is added by proving two. */
  readonly guarded: boolean;
  /** Whatever has to be shown beside the factors was. */
  readonly opened: boolean;
  /** Methods that open it, best first. Empty and not opened: nobody here can. */
  readonly openers: readonly string[];
}

/**
 * Whether a stolen password alone is not enough to be this person with two factors: then adding or changing a way to sign
 * in takes both. A locked credential guards, so does one of a method that is switched off, and one reported lost: or a
 * thief would report it and register his own.
 */
export const guarded = (methods: ReadonlyMap<string, Method>, credentials: readonly Credential[]): boolean =>
  credentials.some(({ method }) => methods.get(method)?.guards ?? true);

/** `usable`: whether a method is there and not switched off for this person. */
export function enrolmentOf(
  rules: EnrolmentRules,
  person: { readonly user: User; readonly guarded: boolean; readonly shown: Shown; readonly now: number },
  usable: (method: string) => boolean,
): Enrolment {
  const { user, shown, now } = person;
  const pieces = [...shown.evidence, ...shown.standIns];
  const byPass = pieces.some(({ method }) => method === 'access-pass');
  // A password chosen through the mailbox is the mailbox: a second look into it shows nothing more.
  const leans = shown.evidence.some(({ mailbox, class: name }) => mailbox && name === 'password');
  const byMailbox = !leans && pieces.some(({ method }) => method === 'email-code' || method === 'mailed-link');
  const pass = ['access-pass'].filter(usable);
  if (person.guarded) return { guarded: true, opened: byPass, openers: pass };
  const closed = user.enrolmentAskedAt !== undefined && now > user.enrolmentAskedAt + rules.window;
  const first = closed ? 'pass' : rules.first;
  const mailbox = ['mailed-link'].filter((method) => usable(method) && user.emailVerified && !leans);
  return {
    guarded: false,
    opened: byPass || first === 'password' || (first === 'mailed-link' && byMailbox),
    openers: first === 'mailed-link' ? [...mailbox, ...pass] : first === 'pass' ? pass : [],
  };
}
