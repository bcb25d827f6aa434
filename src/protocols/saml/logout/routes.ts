/**
 * The addresses of single logout. Requests and answers come by GET or by POST; what comes by POST brings no Lax cookie and
 * is checked in full before a GET of our own takes it up.
 */
import type { Request, Response, Router } from 'express';
import type { Browser } from '../../../authentication/authentication.ts';
import type { Kv } from '../../../state/kv.ts';
import { readForm } from '../../../web/forms.ts';
import { PageError } from '../../../web/page-error.ts';
import { anyone, routes } from '../../../web/routes.ts';
import { fromForm, fromQuery, type Message } from '../messages/binding.ts';
import { idOf, pageOf, queryOf } from '../messages/http.ts';
import { receive, SKEW_MS, Unanswerable } from '../messages/receiving.ts';
import { Waiting } from '../messages/waiting.ts';
import { endpoint } from '../metadata/metadata.ts';
import type { Pages } from '../pages.ts';
import type { Parties } from '../providers/parties.ts';
import { readLogoutRequest } from './logout-request.ts';
import { readLogoutResponse } from './logout-response.ts';
import type { Parting, SigningOut, Step } from './signing-out.ts';

export interface LogoutParts {
  /** Without a path. */
  readonly issuer: string;
  readonly signingOut: SigningOut;
  readonly parties: Parties;
  readonly kv: Kv;
  readonly pages: Pages;
  readonly now: () => number;
  browserOf(req: Request, res: Response): Browser;
}

/** Mounts /saml/slo. */
export function logoutRoutes(app: Router, parts: LogoutParts): void {
  const { signingOut, kv, pages, browserOf } = parts;
  const waiting = new Waiting(kv, 'lw');

  /** Does what a request comes to; what cannot be answered gets a page that says why. */
  const step = async (req: Request, res: Response, work: (browser: Browser) => Promise<Step | undefined>) => {
    try {
      const browser = browserOf(req, res);
      const met = browser.id !== undefined;
      const next = await work(browser);
      if (!next) throw new PageError(400, met ? 'expired' : 'cookies');
      if (next.kind === 'go') res.redirect(303, next.to);
      else if (next.kind === 'form') pages.post(req, res, { ...next, about: 'leaving' });
      else if (next.kind === 'page') pages.leaving(req, res, next.page);
      else pages.signedOut(req, res);
    } catch (error) {
      throw pageOf(error);
    }
  };

  routes(app)
    .get(endpoint.logout, anyone, (req, res) =>
      step(req, res, async (browser) => {
        const message = fromQuery(queryOf(req));
        if (message.name === 'SAMLRequest') return signingOut.asked(browser, partingOf(message, parts));
        return signingOut.onward(browser, await heard(message, parts));
      }),
    )
    .post(endpoint.logout, anyone, (req, res) =>
      step(req, res, async () => {
        const message = fromForm(await readForm(req));
        // Not straight on from an answer: browsers hold form-action of the page the form stood on, somebody else's,
        // against every redirect that follows. A page of ours ends that.
        if (message.name === 'SAMLResponse')
          return { kind: 'go', to: `${endpoint.logout}/${await heard(message, parts)}` };
        const id = await waiting.keep(JSON.stringify(partingOf(message, parts)));
        return { kind: 'go', to: `${endpoint.logout}/${id}` };
      }),
    )
    .get(`${endpoint.logout}/:id`, anyone, (req, res) =>
      step(req, res, async (browser) => {
        const id = idOf(req);
        const looked = await signingOut.look(browser, id);
        if (looked) return looked;
        const text = await waiting.find(id);
        return text === undefined ? undefined : signingOut.asked(browser, JSON.parse(text) as Parting);
      }),
    )
    .get(`${endpoint.logout}/:id/next`, anyone, (req, res) =>
      step(req, res, (browser) => signingOut.next(browser, idOf(req))),
    );
}

/** Whoever sends a message of single logout signs it, or anybody could sign anybody out. */
const expected = ({ issuer, parties, now }: LogoutParts) => ({
  endpoint: issuer + endpoint.logout,
  parties,
  mustBeSigned: true,
  now: now(),
});

function partingOf(message: Message, parts: LogoutParts): Parting {
  const { party, said } = receive(message, { ...expected(parts), name: 'LogoutRequest', read: readLogoutRequest });
  const { id: application, name } = party.application;
  const { id: request, nameId, sessionIndexes, notOnOrAfter } = said;
  if (notOnOrAfter !== undefined && notOnOrAfter + SKEW_MS <= parts.now())
    throw new Unanswerable('NotOnOrAfter has passed: start again at the application, or compare the clocks', name);
  const { relayState } = message;
  const answer = { application, request, ...(relayState === undefined ? {} : { relayState }) };
  return { ...answer, says: { nameId, sessionIndexes } };
}

function heard(message: Message, parts: LogoutParts): Promise<string> {
  const { party, said } = receive(message, { ...expected(parts), name: 'LogoutResponse', read: readLogoutResponse });
  return parts.signingOut.heard(party, said);
}
