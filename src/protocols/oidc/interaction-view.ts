/**
 * The library's Interaction is our walk: one record for both. What the library wants remembered becomes the walk's
 * ticket when its address is asked for, and is given back when the browser returns.
 */
import type { Adapter, AdapterPayload, Interaction, KoaContextWithOIDC } from 'oidc-provider';
import type { Asker, Authentication } from '../../authentication/authentication.ts';
import { oauthError } from './refusals.ts';
import { currentVisit } from './visit.ts';

export const asker: Asker = {
  name: 'oidc',
  resume: ({ id }) => `/auth/${id}`,
  leadsTo: ({ ticket }) => [(JSON.parse(ticket) as { params: { redirect_uri: string } }).params.redirect_uri],
};

export function interactionShelf(authentication: Authentication): Pick<Adapter, 'find' | 'upsert' | 'destroy'> {
  return {
    async upsert(_uid, payload) {
      currentVisit().interaction = payload;
    },
    /** Without `session`: the library would insist that nobody else has signed in meanwhile, which is ours to say. */
    async find(uid) {
      const visit = currentVisit();
      visit.walk ??= await authentication.walk(visit.browser, uid, asker.name);
      const { walk } = visit;
      if (!walk?.end) return undefined;
      const payload = JSON.parse(walk.ticket) as AdapterPayload;
      return 'refusal' in walk.end ? { ...payload, result: { ...oauthError(walk.end.refusal) } } : payload;
    },
    /** A walk that ended well is still asked about by the Check, which then forgets it. */
    async destroy(uid) {
      const end = currentVisit().walk?.end;
      if (end && 'refusal' in end) await authentication.forget(uid);
    },
  };
}

/** Begins the walk of the Interaction just made, and says where its page is. */
export async function walkPath(authentication: Authentication, interaction: Interaction): Promise<string> {
  const { browser, ask, interaction: payload } = currentVisit();
  if (!ask || !payload) throw new Error('a walk begins with an Ask');
  const { session: _, grantId: __, lastSubmission: ___, ...ticket } = payload;
  const begun = await authentication.begin(browser, ask, {
    asker: asker.name,
    ticket: JSON.stringify(ticket),
    id: interaction.uid,
  });
  return begun.path;
}

/** Coming back before the walk has ended (Back, a bookmark) leads to its page again, not to an error. */
export function returnEarly(authentication: Authentication) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    const id = /^\/auth\/([^/]+)$/.exec(ctx.path)?.[1];
    if (id && ctx.method === 'GET') {
      const visit = currentVisit();
      visit.walk = await authentication.walk(visit.browser, id, asker.name);
      if (visit.walk && !visit.walk.end) {
        ctx.status = 303;
        return ctx.redirect(`/signin/${id}`);
      }
    }
    await next();
  };
}
