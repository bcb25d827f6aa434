/** Gathers what next() looks at. Reads everything, decides nothing; whatever is not needed is not read. */
import type { Application } from '../domain/application.ts';
import type { Ask } from '../domain/ask.ts';
import type { Credential } from '../domain/credential.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Method } from '../domain/method.ts';
import type { Session } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import { decide, type Policy } from '../policy/decide.ts';
import type { Option } from '../policy/plan.ts';
import { metBy, mfa, oneFactor, satisfies } from '../policy/strengths.ts';
import type { Facts, Holding } from './next.ts';
import type { SignIn } from './signins.ts';

/** A first factor proved this recently opens registration, in milliseconds (ASVS 7.5.1: re-authenticate first). */
export const FRESH_MS = 5 * 60_000;

export type FirstEnrolment = 'password' | 'mailed-link' | 'pass';

/** Where facts come from; app.ts hands in the real ones. */
export interface Sources {
  readonly methods: ReadonlyMap<string, Method>;
  readonly policies: readonly Policy[];
  /** What it takes to register the first second factor (house.md: "the first second factor is the dangerous one"). */
  readonly enrolmentFirst: FirstEnrolment;
  application(id: string): Application | undefined;
  userByName(name: string): Promise<User | undefined>;
  userById(id: string): Promise<User | undefined>;
  /** With the locks that count in that browser (its hash). */
  credentialsOf(user: string, browser: string | undefined): Promise<readonly Credential[]>;
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

/**
 * The walk without what was proved by a credential that was removed or replaced since: a password is changed because
 * somebody else knows it, and that somebody may be half way through.
 */
export async function stillProved(sources: Sources, signIn: SignIn): Promise<SignIn> {
  // What an ended walk proved lies in the session, unless nothing is kept.
  if (!signIn.user || signIn.proofs.length === 0 || (signIn.end && signIn.ask.keeps)) return signIn;
  const held = (await sources.credentialsOf(signIn.user, undefined)).map((credential) => credential.id);
  const proofs = signIn.proofs.filter(({ credential }) => credential === undefined || held.includes(credential));
  return { ...signIn, proofs };
}

/**
 * Whether a stolen password alone is not enough to be this person with two factors: then adding or changing a way to sign
 * in takes both. A credential that cannot begin a sign-in is a second factor, a locked one and one of a method that is
 * switched off too.
 */
export const guarded = (methods: ReadonlyMap<string, Method>, credentials: readonly Credential[]): boolean =>
  credentials.some(({ method }) => !methods.get(method)?.first) ||
  metBy(
    credentials.flatMap((credential) => methods.get(credential.method)?.classesOf(credential) ?? []),
    mfa,
  );

/** Who this sign-in is about: the fixed subject, whoever was named, or whoever is signed in. */
async function person(sources: Sources, { ask, session, signIn }: Standing): Promise<User | undefined> {
  const id = ask.subject ?? signIn?.user ?? (signIn || ask.choose ? undefined : session?.user);
  return id ? sources.userById(id) : undefined;
}

/** The evidence that counts: about this person, newer than the Ask allows, and of this walk alone if it keeps nothing. */
function counted({ ask, session, signIn }: Standing, user: User | undefined): readonly Evidence[] {
  if (!user) return [];
  const kept = ask.keeps && session?.user === user.id ? session.evidence : [];
  const joined = signIn?.end && ask.keeps;
  const walked = signIn?.user === user.id && !joined ? signIn.proofs : [];
  const all = [...kept, ...walked];
  return ask.after === undefined ? all : all.filter((piece) => piece.at > (ask.after as number));
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
  const evidence = counted(standing, user);
  const vouched = Boolean(user && (session?.user === user.id || signIn?.proofs.length));
  return {
    ask,
    application,
    named: Boolean(user) || ask.subject !== undefined || signIn?.name !== undefined,
    ...(user ? { user, verdict: decide(sources.policies, { user, application }) } : {}),
    vouched,
    evidence,
    holdings: [],
    registrable: [],
    guarded: false,
    fresh: false,
    registered: signIn?.registered ?? [],
    unshared: user && vouched ? await unshared(sources, standing, application, user) : [],
    beginners: beginners(sources),
  };
}

/** The rest: what the person has and may register. Only read when something is missing. */
export async function fullFacts(sources: Sources, standing: Standing, quick: Facts): Promise<Facts> {
  const { user } = quick;
  if (!user || !quick.vouched) return quick;
  const credentials = await sources.credentialsOf(user.id, standing.browser);
  const holdings = credentials.flatMap((credential) => holding(sources, credential, standing.now));
  const second = guarded(sources.methods, credentials);
  const mayRegister = sources.enrolmentFirst === 'password';
  const first = [...quick.evidence, ...(standing.session?.user === user.id ? standing.session.evidence : [])].some(
    (piece) => sources.methods.get(piece.method)?.first && piece.at > standing.now - FRESH_MS,
  );
  return {
    ...quick,
    holdings,
    registrable: second || !mayRegister ? [] : registrable(sources),
    ...(second || mayRegister
      ? {}
      : { registrationNeeds: sources.enrolmentFirst === 'pass' ? ('pass-needed' as const) : ('mail-needed' as const) }),
    guarded: second,
    fresh: first,
  };
}

function holding(sources: Sources, credential: Credential, now: number): Holding[] {
  const method = sources.methods.get(credential.method);
  if (!method || credential.disabled) return [];
  return method.classesOf(credential).map((name) => ({
    option: { method: method.id, class: name, register: false, first: method.first },
    ...(credential.lockedUntil && credential.lockedUntil > now ? { lockedUntil: credential.lockedUntil } : {}),
    ...(credential.lastUsedAt ? { lastUsedAt: credential.lastUsedAt } : {}),
  }));
}

const registrable = (sources: Sources): Option[] =>
  [...sources.methods.values()].flatMap((method) =>
    method.registers.map((name) => ({ method: method.id, class: name, register: true, first: method.first })),
  );

/** Methods that can prove a person nobody vouched for: whatever the name, the same list. */
const beginners = (sources: Sources): string[] =>
  [...sources.methods.values()].filter((method) => method.first).map((method) => method.id);

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

/** Whether evidence alone meets everything, so that nobody has to look at what else the person has. */
export const plainlyDone = (facts: Facts): boolean =>
  Boolean(facts.verdict) &&
  !facts.verdict?.blocked &&
  satisfies(facts.evidence, oneFactor) &&
  (facts.verdict?.requires ?? []).every(({ strength }) => satisfies(facts.evidence, strength)) &&
  facts.ask.wants.every((want) => want.anyOf[0] && satisfies(facts.evidence, want.anyOf[0]));
