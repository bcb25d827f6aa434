/** Signing out: the page an application sends people to (RP-Initiated Logout 1.0), and telling the others (Back-Channel Logout 1.0). */
import type { Client, KoaContextWithOIDC, Provider as LibraryProvider } from 'oidc-provider';
import type { Leaving } from '../../authentication/leaving.ts';
import type { Subjects } from '../../authentication/subjects.ts';
import type { Session } from '../../domain/session.ts';
import { pageHeaders } from '../../web/headers.ts';
import type { Clients } from './clients.ts';
import { Provider } from './library.ts';
import type { Pages } from './pages.ts';
import { currentVisit } from './visit.ts';

/** The library's question before signing somebody out. */
export async function signOutPage(ctx: KoaContextWithOIDC, pages: Pages, secure: boolean): Promise<void> {
  const { state, accountId: _ } = ctx.oidc.session!;
  const { secret, postLogoutRedirectUri } = state as { secret: string; postLogoutRedirectUri?: string };
  pageHeaders(ctx.res, { secure, ...(postLogoutRedirectUri ? { formAction: [postLogoutRedirectUri] } : {}) });
  ctx.type = 'html';
  ctx.body = await pages.signOut(ctx.req, ctx.res, {
    ...named(ctx.oidc.client),
    action: ctx.oidc.urlFor('end_session_confirm'),
    fields: { xsrf: secret },
  });
}

export async function signedOutPage(ctx: KoaContextWithOIDC, pages: Pages, secure: boolean): Promise<void> {
  pageHeaders(ctx.res, { secure });
  ctx.type = 'html';
  ctx.body = await pages.signedOut(ctx.req, ctx.res, named(ctx.oidc.client));
}

const named = (client: Client | undefined) => (client?.clientName ? { application: client.clientName } : {});

/** Who was signed out here goes on to those who can be told through the browser alone, and from there to where it was going. */
export function sayFarewell(leaving: Pick<Leaving, 'onward'>) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const { browser, ended, session } = currentVisit();
    const then = ctx.response.get('location');
    // "No" leaves the session alone, and with it everybody else in it.
    if (then && (ended || !session)) ctx.redirect(await leaving.onward(browser, ended, then));
  };
}

/** Of the library's Client, what its types leave out. */
type Tellable = Client & { backchannelLogout(user: string, sid: string): Promise<void> };

export interface Telling {
  /** The library as it is now: it is another one after a change of keys. */
  readonly provider: () => LibraryProvider;
  readonly clients: Clients;
  readonly subjects: Subjects;
  /** A client that could not be told: it does not answer in time, or answers badly. */
  readonly onUntold: (clientId: string, error: unknown) => void;
}

/**
 * Tells every client that took part in a session that it has ended, at once and each for itself. Resolves to the names of
 * those that were not told; whoever asked for the end is none of them.
 */
export function tellClients({ provider, clients, subjects, onUntold }: Telling) {
  return async (session: Session, reason: string): Promise<readonly string[]> => {
    // The library has told them itself.
    const byLibrary = reason === 'rp logout';
    const asking = byLibrary ? Provider.ctx?.oidc.client?.clientId : undefined;
    const tell = async (clientId: string): Promise<string[]> => {
      const client = (await provider().Client.find(clientId)) as Tellable | undefined;
      if (!client || clientId === asking) return [];
      const name = client.clientName ?? clientId;
      if (!client.backchannelLogoutUri) return [name];
      try {
        if (!byLibrary) await client.backchannelLogout(session.user, subjects.sid(session.sid, clientId));
        return [];
      } catch (error) {
        onUntold(clientId, error);
        return [name];
      }
    };
    const clientIds = Object.keys(session.participants).flatMap((application) => clients.clientId(application) ?? []);
    const untold = await Promise.all(clientIds.map(tell));
    return [...untold.flat(), ...(byLibrary ? currentVisit().untold : [])];
  };
}
