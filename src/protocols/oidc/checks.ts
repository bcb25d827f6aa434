/**
 * The one Check: turns the request into an Ask, puts it to the engine, and lets the library go on only when the answer is
 * yes. It runs again when the browser comes back from a walk, so that a wrong page flow can never issue anything. The
 * library's own checks are gone; what its prompts meant is in the Ask.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Assurance } from '../../authentication/assurance.ts';
import type { Authentication } from '../../authentication/authentication.ts';
import type { Subjects } from '../../authentication/subjects.ts';
import type { Ask } from '../../domain/ask.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { Refusal } from '../../domain/refusal.ts';
import { assertionOf } from './acr.ts';
import { askOf, hintedSubject, MalformedClaims, type Params, requestedAcr, requestedSubject } from './ask.ts';
import { errors, interactionPolicy } from './library.ts';
import { oauthError } from './refusals.ts';
import type { Resources } from './resources.ts';
import { currentVisit } from './visit.ts';

export interface Checking {
  readonly authentication: Authentication;
  readonly assurance: Assurance;
  readonly subjects: Subjects;
  readonly resources: Resources;
  readonly now: () => number;
}

export function signInPolicy(checking: Checking): InstanceType<typeof interactionPolicy.Prompt>[] {
  const prompt = (name: string, ...checks: InstanceType<typeof interactionPolicy.Check>[]) => {
    const made = new interactionPolicy.Prompt({ name, requestable: true }, ...checks);
    made.checks.remove(`${name}_prompt`);
    return made;
  };
  const check = new interactionPolicy.Check('sign_in', 'the person has to sign in', 'login_required', (ctx) =>
    mustWalk(ctx, checking),
  );
  return [prompt('login', check), prompt('select_account'), prompt('consent')];
}

/** False: the person may pass. True: pages have to be shown. Throws the OAuth error when none may be. */
async function mustWalk(ctx: KoaContextWithOIDC, checking: Checking): Promise<boolean> {
  try {
    const outcome = await answerTo(ctx, checking);
    if (outcome) assert(ctx, outcome, checking);
    return !outcome;
  } catch (error) {
    if (error instanceof MalformedClaims) throw new errors.InvalidRequest(error.message);
    if (!(error instanceof Refusal)) throw error;
    const { error: code, error_description: description } = oauthError(error.code);
    throw new errors.CustomOIDCProviderError(code, description);
  }
}

async function answerTo(ctx: KoaContextWithOIDC, checking: Checking): Promise<Outcome | undefined> {
  const visit = currentVisit();
  const { walk } = visit;
  const sub = requestedSubject(paramsOf(ctx));
  const ask = walk?.ask ?? newAsk(ctx, sub, checking);
  visit.ask = ask;
  // Before the engine looks: whom it lets through goes on record as signed in.
  const walked = walk?.end && 'user' in walk.end ? walk.end.user : undefined;
  const another = sub !== undefined && walked !== undefined && subjectOf(ctx, walked, checking) !== sub;
  const evaluation = another
    ? undefined
    : await checking.authentication.evaluate(visit.browser, ask, { walk: walk?.id });
  if (walk) await checking.authentication.forget(walk.id);
  if (!evaluation) throw new Refusal('other-person');
  if (evaluation.kind === 'missing') {
    if (ask.passive) throw new Refusal(evaluation.refusal);
    return undefined;
  }
  const { outcome } = evaluation;
  // Signed out or replaced in another tab since this request began: the view the library holds is somebody else's.
  if (outcome.sid !== visit.session?.sid || outcome.user.id !== visit.session?.user)
    throw new Refusal('sign-in-needed');
  const { resources } = checking;
  const administers = resources.requested(ctx).some(({ resource }) => resource === resources.admin);
  if (administers && !(await resources.mayAdminister({ user: outcome.user }))) throw new Refusal('denied');
  visit.outcome = outcome;
  return outcome;
}

function newAsk(ctx: KoaContextWithOIDC, sub: string | undefined, checking: Checking): Ask {
  const { assurance, now, resources } = checking;
  const client = ctx.oidc.client!;
  const params = paramsOf(ctx);
  return askOf({
    application: client.application as string,
    params,
    acrValuesVoluntary: client.acr_values_voluntary === true,
    ...(sub === undefined ? {} : whom(ctx, sub, checking)),
    resources: resources.requested(ctx),
    assurance,
    now: now(),
  });
}

/**
 * A pairwise subject cannot be turned back into a user, and one that only the request names must not make the page show
 * whose it is: it is the session's, or somebody has to sign in whose subject is compared afterwards.
 */
function whom(ctx: KoaContextWithOIDC, sub: string, checking: Checking): { subject: string } | { choose: true } {
  const hinted = hintedSubject(paramsOf(ctx).id_token_hint) !== undefined;
  if (hinted && ctx.oidc.client!.subjectType !== 'pairwise') return { subject: sub };
  const user = currentVisit().session?.user;
  if (user !== undefined && subjectOf(ctx, user, checking) === sub) return { subject: user };
  if (ctx.oidc.prompts.has('none')) throw new Refusal('sign-in-needed');
  return { choose: true };
}

function subjectOf(ctx: KoaContextWithOIDC, user: string, { subjects }: Checking): string {
  const client = ctx.oidc.client!;
  return client.subjectType === 'pairwise' ? subjects.pairwise(user, client.sectorIdentifier as string) : user;
}

/** Says on the library's own view of the session, for this request alone, what the code and its tokens will carry. */
function assert(ctx: KoaContextWithOIDC, outcome: Outcome, { assurance, resources }: Checking): void {
  // A resource is told by the name it knows, unless the client asked for another.
  const minima = resources.requested(ctx).flatMap(({ acr }) => acr ?? []);
  const wanted = [...requestedAcr(paramsOf(ctx)).names, ...minima];
  const { acr, amr, authTime } = assertionOf(outcome.evidence, wanted, assurance);
  Object.assign(ctx.oidc.session!, { acr, amr: [...amr], loginTs: authTime });
  // The library names the session in an ID token only when this claim is asked for.
  const { claims } = ctx.oidc;
  claims.id_token = { ...claims.id_token, sid: null };
}

const paramsOf = (ctx: KoaContextWithOIDC): Params => ctx.oidc.params as Params;
