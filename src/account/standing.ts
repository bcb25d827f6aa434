/** How a person stands with their sign-in methods, and what a change would leave. Read once, decided purely. */
import { enrolmentOf, guarded } from '../authentication/enrolment.ts';
import { holding, type Sources } from '../authentication/facts.ts';
import { preferredAmong } from '../authentication/preference.ts';
import type { Credential } from '../domain/credential.ts';
import type { Method } from '../domain/method.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { User } from '../domain/user.ts';
import type { Verdict } from '../domain/verdict.ts';
import { decide } from '../policy/decide.ts';
import { beyondPassword, canMeet, lacking, namesOf } from '../policy/lacking.ts';
import type { Option } from '../policy/plan.ts';
import { accountApplication } from './application.ts';

/** What of the engine's sources tells about one person. */
export type AccountSources = Pick<
  Sources,
  'methods' | 'begin' | 'policies' | 'enrolment' | 'settingOf' | 'credentialsOf'
>;

export interface Standing {
  readonly sources: AccountSources;
  readonly user: User;
  /** Lost ones and what an address gives included. */
  readonly held: readonly Credential[];
  /** This session's password was chosen by a link to the mailbox, so that a code there is no second proof. */
  readonly byMailbox: boolean;
  readonly now: number;
}

export async function standingOf(sources: AccountSources, outcome: Outcome, now: number): Promise<Standing> {
  const { user, evidence } = outcome;
  const held = await sources.credentialsOf(user, undefined);
  return { sources, user, held, byMailbox: evidence.some(({ mailbox }) => mailbox), now };
}

const optionsOf = ({ sources, user, now }: Standing, held: readonly Credential[]): readonly Option[] =>
  held.flatMap((one) => holding(sources, user, one, now)).map(({ option }) => option);

const verdictFor = ({ sources }: Standing, user: User): Verdict =>
  decide(sources.policies, { user, application: accountApplication });

/** What people register they may rename, remove and report lost; so may they what a method left behind that is no more. */
export const theirs = ({ sources }: Standing, { method }: Credential): boolean => {
  const known = sources.methods.get(method);
  return !known || known.register !== undefined;
};

/** What the account pages tell of: not what proves nothing and only opens registration, nor a pass that is over. */
export function shows(
  { methods }: Pick<AccountSources, 'methods'>,
  { method: id, data }: Credential,
  now: number,
): boolean {
  const method = methods.get(id);
  const opensOnly = method !== undefined && method.worth.length === 0 && method.standsIn === undefined;
  return !opensOnly && !(typeof data.endsAt === 'number' && data.endsAt <= now);
}

/** May be chosen to be asked for first: it works here, and is no mere spare. */
export function preferable({ sources, user }: Standing, { method: id, lost }: Credential): boolean {
  const method = sources.methods.get(id);
  const { state, standsIn } = sources.settingOf(user, id);
  if (!method || lost || state === 'off' || method.spare) return false;
  return method.guards || (method.implied !== undefined && method.standsIn === 'email_code' && standsIn);
}

/** What keeps this person from doing without it: policies by name, or that it is the last way in. */
export interface Keeping {
  readonly policies: readonly string[];
  readonly lastWay: boolean;
}

/** What only `going` meets, of what is held or of `left` among it; undefined when it may go. */
export function keeping(standing: Standing, going: Credential, left = standing.held): Keeping | undefined {
  const { sources, user, held } = standing;
  const rest = left.filter(({ id }) => id !== going.id);
  const after = { ...user, preferred: preferredAmong(sources.methods, user, rest, 'removed') };
  const [before, options] = [optionsOf(standing, [...rest, going]), optionsOf(standing, rest)];
  const verdict = verdictFor(standing, withoutUndefined(after));
  const unmet = lacking(verdict.requires, before, options);
  const begins = ({ method, class: worth }: Option) => worth !== undefined && sources.begin.includes(method);
  const lastWay = before.some(begins) && !options.some(begins);
  return held.includes(going) && (unmet.length > 0 || lastWay)
    ? { policies: namesOf(unmet, verdict), lastWay }
    : undefined;
}

/** The user without a key that says nothing. */
function withoutUndefined({ preferred, ...user }: Omit<User, 'preferred'> & { preferred: string | undefined }): User {
  return preferred === undefined ? user : { ...user, preferred };
}

/** The personal switch. */
export interface TwoStep {
  readonly on: boolean;
  readonly changeable: boolean;
  /** Policies that ask for a second proof whatever the switch says, by name. */
  readonly forced: readonly string[];
  /** What is asked for first: nothing but a code by email would do, or does. */
  readonly byMail: boolean;
}

export function twoStepOf(standing: Standing): TwoStep {
  const { user, held, byMailbox } = standing;
  const off = verdictFor(standing, { ...user, twoStep: false });
  const forced = namesOf(beyondPassword(off), off);
  const { requires } = verdictFor(standing, { ...user, twoStep: true });
  const options = optionsOf(standing, held).filter(({ mailbox }) => !(mailbox && byMailbox));
  const proved = options.filter((option) => option.class !== undefined);
  return {
    on: user.twoStep,
    forced,
    changeable: forced.length === 0 && (user.twoStep || requires.every((need) => canMeet(need, options))),
    byMail: !requires.every((need) => canMeet(need, proved)),
  };
}

/** What can be registered, best first; `required`: one of these has to be. */
export const addable = ({ sources, user }: Standing): readonly { method: Method; required: boolean }[] =>
  [...sources.methods.values()].flatMap((method) => {
    const { state } = sources.settingOf(user, method.id);
    return method.register && state !== 'off' ? [{ method, required: state === 'required' }] : [];
  });

/** What registering takes: two factors, a first factor anew, and beside it a link by email or an access pass; or it is closed. */
export function takes({
  sources,
  user,
  held,
  now,
}: Standing): 'two' | 'first' | 'mailed-link' | 'access-pass' | 'closed' {
  const guards = guarded(sources.methods, held);
  if (guards) return 'two';
  const usable = (id: string) => sources.methods.has(id) && sources.settingOf(user, id).state !== 'off';
  const person = { user, guarded: guards, shown: { evidence: [], standIns: [] }, now };
  const { opened, openers } = enrolmentOf(sources.enrolment, person, usable);
  if (opened) return 'first';
  return openers.includes('mailed-link') ? 'mailed-link' : openers.includes('access-pass') ? 'access-pass' : 'closed';
}
