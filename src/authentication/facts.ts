/** Gathers what next() looks at. Reads everything, decides nothing; whatever is not needed is not read. */
import type { Application } from '../domain/application.ts';
import type { Ask } from '../domain/ask.ts';
import type { Credential } from '../domain/credential.ts';
import type { Method } from '../domain/method.ts';
import type { MethodSetting } from '../domain/method-setting.ts';
import type { Session } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import { decide, type Policy } from '../policy/decide.ts';
import { meets } from '../policy/meets.ts';
import type { Option } from '../policy/plan.ts';
import { oneFactor, satisfies } from '../policy/strengths.ts';
import { counted, recent, type Shown } from './counted.ts';
import { type EnrolmentRules, enrolmentOf, guarded } from './enrolment.ts';
import type { Facts, Holding } from './next.ts';
import type { SignIn } from './signins.ts';
import { byEmergency, renewal, suggestion } from './suggestions.ts';

/** Where facts come from; app.ts hands in the real ones. */
export interface Sources {
  /** By id, best first: of equally short ways the earlier method is offered first. */
  readonly methods: ReadonlyMap<string, Method>;
  /** Ids of those that may begin a sign-in, whoever it is; the first is asked for when a name was given. */
  readonly begin: readonly string[];
  readonly policies: readonly Policy[];
  readonly enrolment: EnrolmentRules;
  application(id: string): Application | undefined;
  userByName(name: string): Promise<User | undefined>;
  userById(id: string): Promise<User | undefined>;
  settingOf(user: User, method: string): MethodSetting;
  /** Lost ones and what an address implies included, with the locks that count in that browser (its hash). */
  credentialsOf(user: User, browser: string | undefined): Promise<readonly Credential[]>;
  /** Ids of those that still prove something. */
  liveCredentials(user: string): Promise<readonly string[]>;
  /** The one credential of a method that is found by this. */
  credentialBy(method: string, lookup: string): Promise<Credential | undefined>;
  agreedItems(user: string, application: string): Promise<readonly string[]>;
}

/** What is known before any decision: the browser's session and the walk, if there is one. */
export interface Standing {
  readonly ask: Ask;
  readonly session: Session | undefined;
  readonly signIn: SignIn | undefined;
  /** Hash of the browser's id. */
  readonly browser: string | undefined;
  readonly now: number;
}

/** Who this sign-in is about: the fixed subject, whoever was named, or whoever is signed in. */
async function person(sources: Sources, { ask, session, signIn }: Standing): Promise<User | undefined> {
  const id = ask.subject ?? signIn?.user ?? (signIn || ask.choose ? undefined : session?.user);
  return id ? sources.userById(id) : undefined;
}

/** Whether no rule keeps this person out of the application. */
export function admits(sources: Sources, user: User, id: string): boolean {
  const application = sources.application(id);
  if (!application || application.disabled || user.disabled) return false;
  return !decide(sources.policies, { user, application }).blocked;
}

/** Facts from the session and the user alone: enough to see that nothing is missing, which is the common case. */
export async function quickFacts(sources: Sources, standing: Standing): Promise<Facts | undefined> {
  const { ask, session, signIn } = standing;
  const application = sources.application(ask.application);
  if (!application || application.disabled) return undefined;
  const user = await person(sources, standing);
  const vouched = Boolean(user && (session?.user === user.id || signIn?.proofs.length));
  return {
    ask,
    application,
    named: Boolean(user) || ask.subject !== undefined || signIn?.name !== undefined,
    ...(user ? { user, verdict: decide(sources.policies, { user, application }) } : {}),
    vouched,
    ...(user ? permitted(sources, user, counted(standing, user)) : counted(standing, user)),
    recent: { evidence: [], standIns: [] },
    holdings: [],
    registrable: [],
    enrolment: { guarded: false, opened: false, openers: [] },
    fresh: false,
    registered: signIn?.registered ?? [],
    ...(signIn && byEmergency(sources, signIn) ? { special: true as const } : {}),
    unshared: user && vouched ? await unshared(sources, standing, application, user) : [],
    beginners: sources.begin,
    unnamed: sources.begin.filter((id) => sources.methods.get(id)?.lookupIn),
  };
}

/** Nothing stands in that was forbidden since it was shown. */
const permitted = (sources: Sources, user: User, shown: Shown): Shown => ({
  evidence: shown.evidence,
  standIns: shown.standIns.filter(({ method }) => {
    const { state, standsIn } = sources.settingOf(user, method);
    return standsIn && state !== 'off';
  }),
});

/** The rest: what the person has and may register. Only read when something is missing. */
export async function fullFacts(sources: Sources, standing: Standing, quick: Facts): Promise<Facts> {
  const { user } = quick;
  if (!user || !quick.vouched) return quick;
  const credentials = await sources.credentialsOf(user, standing.browser);
  const usable = (method: string) => sources.methods.has(method) && sources.settingOf(user, method).state !== 'off';
  const shown = recent(standing, user);
  const enrolment = enrolmentOf(
    sources.enrolment,
    { user, guarded: guarded(sources.methods, credentials), shown, now: standing.now },
    usable,
  );
  const { signIn } = standing;
  const offered = signIn?.registered?.length ? suggestion(sources, { credentials, usable, signIn }) : undefined;
  const anew = signIn && renewal(sources, { guarded: enrolment.guarded, usable, signIn });
  return {
    ...quick,
    recent: shown,
    holdings: inOrder(
      credentials.flatMap((credential) => holding(sources, user, credential, standing.now)),
      { user, begins: quick.evidence.length === 0 },
      sources,
    ).filter(({ option }) => counts(option, quick)),
    registrable: registrable(sources, usable),
    enrolment,
    fresh:
      (enrolment.opened && [...shown.standIns, ...shown.evidence].some(({ method }) => method === 'access-pass')) ||
      shown.evidence.some((piece) => sources.methods.get(piece.method)?.first),
    ...(offered ? { offered } : {}),
    ...(anew ? { anew } : {}),
  };
}

/** What holding this credential comes to; nothing where it is lost, disabled or switched off for this person. */
export function holding(
  sources: Pick<Sources, 'methods' | 'settingOf'>,
  user: User,
  credential: Credential,
  now: number,
): Holding[] {
  const method = sources.methods.get(credential.method);
  const setting = sources.settingOf(user, credential.method);
  if (!method || credential.disabled || credential.lost || setting.state === 'off') return [];
  if (method.usable?.(credential, now) === false) return [];
  const { id, first, standsIn, mailbox } = method;
  const common = { method: id, register: false, first, ...(mailbox ? { mailbox } : {}) };
  const options: Option[] = method.classesOf(credential).map((name) => ({ ...common, class: name }));
  if (standsIn && setting.standsIn) options.push({ ...common, kind: standsIn });
  return options.map((option) => ({
    option,
    ...(credential.lockedUntil && credential.lockedUntil > now ? { lockedUntil: credential.lockedUntil } : {}),
    ...(credential.lastUsedAt ? { lastUsedAt: credential.lastUsedAt } : {}),
    label: credential.label,
  }));
}

/** Whether showing it would add anything: not what leans on a mailbox twice, nor what may not stand in here. */
const counts = (option: Option, { ask, evidence }: Facts): boolean =>
  !(option.kind && ask.unaided) && !(option.mailbox && evidence.some(({ mailbox }) => mailbox));

/**
 * What the person prefers, then the methods from the best on. A second factor preferred is not what a sign-in begins with:
 * somebody of whom nothing counts yet would get by with it alone.
 */
function inOrder(
  holdings: readonly Holding[],
  { user, begins }: { user: User; begins: boolean },
  sources: Sources,
): Holding[] {
  const order = [...sources.methods.keys()];
  const rank = ({ option }: Holding) =>
    option.method === user.preferred && (option.first || !begins) ? -1 : order.indexOf(option.method);
  return holdings.toSorted((a, b) => rank(a) - rank(b));
}

const registrable = (sources: Sources, usable: (method: string) => boolean): Option[] =>
  [...sources.methods.values()]
    .filter(({ id }) => usable(id))
    .flatMap((method) =>
      method.registers.map((name) => ({ method: method.id, class: name, register: true, first: method.first })),
    );

async function unshared(
  sources: Sources,
  { ask, signIn }: Standing,
  application: Application,
  user: User,
): Promise<readonly string[]> {
  const { shares } = ask;
  if (!shares || (!application.thirdParty && !shares.again)) return [];
  if (signIn?.agreed) return shares.items.filter((item) => !signIn.agreed?.includes(item));
  if (shares.again) return shares.items;
  const agreed = await sources.agreedItems(user.id, application.id);
  return shares.items.filter((item) => !agreed.includes(item));
}

/** Whether what was shown meets everything, so that nobody has to look at what else the person has. */
export const plainlyDone = (facts: Facts): boolean =>
  Boolean(facts.verdict) &&
  !facts.verdict?.blocked &&
  satisfies(facts.evidence, oneFactor) &&
  (facts.verdict?.requires ?? []).every((need) => meets([...facts.evidence, ...facts.standIns], need)) &&
  facts.registered.length === 0 &&
  !facts.special &&
  facts.ask.wants.every((want) => want.anyOf[0] && satisfies(facts.evidence, want.anyOf[0]));
