/**
 * The addresses of single logout. Requests and answers come by GET or by POST; what comes by POST brings no Lax cookie and
 * is checked in full before a GET of our own takes it up.
 */
import { randomBytes } from 'node:crypto';
import type { Request, Response, Router } from 'express';
import type { Browser } from '../../authentication/authentication.ts';
import type { Kv } from '../../state/kv.ts';
import { readForm } from '../../web/forms.ts';
import { PageError } from '../../web/page-error.ts';
import { anyone, routes } from '../../web/routes.ts';
import { fromForm, fromQuery, type Message } from './binding.ts';
import { readLogoutRequest } from './logout-request.ts';
import { readLogoutResponse } from './logout-response.ts';
import { endpoint } from './metadata.ts';
import type { Pages } from './pages.ts';
import type { Parties, Party } from './parties.ts';
import { receive, SKEW_MS, Unanswerable, WAITING_SECONDS } from './receiving.ts';
import { pageOf, queryOf } from './routes.ts';
import type { Parting, SigningOut, Step } from './signing-out.ts';
import { UnreadableXml, type XmlElement } from './xml.ts';

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

const waitingKey = (id: string) => `lw:${id}`;

/** Mounts /saml/slo. */
export function logoutRoutes(app: Router, parts: LogoutParts): void {
  const { signingOut, kv, pages, browserOf } = parts;

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
        const id = randomBytes(18).toString('base64url');
        await kv.set(waitingKey(id), JSON.stringify(partingOf(message, parts)), WAITING_SECONDS);
        return { kind: 'go', to: `${endpoint.logout}/${id}` };
      }),
    )
    .get(`${endpoint.logout}/:id`, anyone, (req, res) =>
      step(req, res, async (browser) => {
        const id = idOf(req);
        const looked = await signingOut.look(browser, id);
        if (looked) return looked;
        const waiting = await kv.read(waitingKey(id));
        return waiting && signingOut.asked(browser, JSON.parse(waiting.value) as Parting);
      }),
    )
    .get(`${endpoint.logout}/:id/next`, anyone, (req, res) =>
      step(req, res, (browser) => signingOut.next(browser, idOf(req))),
    );
}

function idOf({ params }: Request): string {
  const id = String(params.id);
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(id)) throw new PageError(400, 'expired');
  return id;
}

/** Whoever sends a message of single logout signs it, or anybody could sign anybody out. */
function received<T>(
  name: string,
  message: Message,
  { issuer, parties, now }: LogoutParts,
  read: (root: XmlElement, party: Party) => T,
): T {
  const { root, party } = receive(message, {
    name,
    endpoint: issuer + endpoint.logout,
    parties,
    mustBeSigned: true,
    now: now(),
  });
  try {
    return read(root, party);
  } catch (error) {
    throw error instanceof UnreadableXml ? new Unanswerable(error.message, party.application.name) : error;
  }
}

function partingOf(message: Message, parts: LogoutParts): Parting {
  return received('LogoutRequest', message, parts, (root, { application }) => {
    const { id, nameId, sessionIndexes, notOnOrAfter } = readLogoutRequest(root);
    if (notOnOrAfter !== undefined && notOnOrAfter + SKEW_MS <= parts.now())
      throw new Unanswerable(
        'NotOnOrAfter has passed: start again at the application, or compare the clocks',
        application.name,
      );
    const { relayState } = message;
    const answer = { application: application.id, request: id, ...(relayState === undefined ? {} : { relayState }) };
    return { ...answer, says: { nameId, sessionIndexes } };
  });
}

function heard(message: Message, parts: LogoutParts): Promise<string> {
  return received('LogoutResponse', message, parts, (root, party) =>
    parts.signingOut.heard(party, readLogoutResponse(root)),
  );
}
