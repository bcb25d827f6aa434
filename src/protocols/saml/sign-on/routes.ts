/**
 * The addresses of single sign-on. What arrives by POST is checked in full, kept for minutes and taken up by a GET of our
 * own, because a form posted from another site brings no Lax cookie; what arrives by GET is answered at once.
 */
import type { Request, Response, Router } from 'express';
import type { Browser } from '../../../authentication/authentication.ts';
import type { Sessions } from '../../../authentication/sessions.ts';
import type { Kv } from '../../../state/kv.ts';
import { readForm } from '../../../web/forms.ts';
import { PageError } from '../../../web/page-error.ts';
import { anyone, routes } from '../../../web/routes.ts';
import { fromForm, fromQuery, type Message, UnreadableMessage } from '../messages/binding.ts';
import { optional } from '../messages/envelope.ts';
import { idOf, pageOf, queryOf } from '../messages/http.ts';
import { receive, Unanswerable } from '../messages/receiving.ts';
import { once } from '../messages/replay.ts';
import { Waiting } from '../messages/waiting.ts';
import type { Pages } from '../pages.ts';
import type { Parties } from '../providers/parties.ts';
import { readAuthnRequest } from './authn-request.ts';
import type { Reply, SigningIn } from './signing-in.ts';
import { consumerFor, readTicket, type Ticket, writeTicket } from './ticket.ts';

export interface SignOnParts {
  /** The address of single sign-on, as metadata has it. */
  readonly endpoint: string;
  readonly signingIn: SigningIn;
  readonly parties: Parties;
  readonly kv: Kv;
  readonly sessions: Pick<Sessions, 'load'>;
  readonly pages: Pages;
  readonly now: () => number;
  browserOf(req: Request, res: Response): Browser;
}

/** A few hundred bytes of a query inflate to what would lie in Kv for a quarter of an hour, and nobody has to sign them. */
const LARGEST_TICKET = 16 * 1024;

/** Mounts /saml/sso. */
export function signOnRoutes(app: Router, parts: SignOnParts): void {
  const { signingIn, parties, kv, browserOf } = parts;
  const waiting = new Waiting(kv, 'sw');

  /** What cannot be answered gets a page that names the application and says why. */
  const orPage = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw pageOf(error);
    }
  };

  routes(app).get('/saml/sso', anyone, (req, res) =>
    orPage(async () => {
      const browser = browserOf(req, res);
      const ticket = 'sp' in req.query ? unasked(req, parts) : await asked(fromQuery(queryOf(req)), browser, parts);
      send(req, res, await signingIn.begin(browser, ticket), parts);
    }),
  );

  routes(app).post('/saml/sso', anyone, (req, res) =>
    orPage(async () => {
      const ticket = ticketOf(fromForm(await readForm(req)), parts);
      res.redirect(303, `/saml/sso/${await waiting.keep(writeTicket(ticket))}`);
    }),
  );

  routes(app).get('/saml/sso/:id', anyone, (req, res) =>
    orPage(async () => {
      const browser = browserOf(req, res);
      const id = idOf(req);
      const resumed = await signingIn.resume(browser, id);
      if (resumed) return send(req, res, resumed, parts);
      const text = await waiting.find(id);
      if (text === undefined) throw new PageError(400, browser.id ? 'expired' : 'cookies');
      const ticket = readTicket(text);
      if (!parties.byApplication(ticket.application)) throw new PageError(400, 'expired');
      if (ticket.request) await once(kv, browser, ticket.application, ticket.request.id);
      send(req, res, await signingIn.begin(browser, ticket, id), parts);
    }),
  );
}

/** By HTTP-Redirect: checked, and not seen before from another browser. */
async function asked(message: Message, browser: Browser, parts: SignOnParts): Promise<Ticket> {
  const ticket = ticketOf(message, parts);
  const { kv, sessions } = parts;
  // The session is looked for anyway: asked for in the same turn, both share one trip.
  if (ticket.request)
    await Promise.all([once(kv, browser, ticket.application, ticket.request.id), sessions.load(browser.session)]);
  return ticket;
}

function ticketOf(message: Message, { endpoint, parties, now }: SignOnParts): Ticket {
  if (message.name !== 'SAMLRequest') throw new UnreadableMessage('there is no SAMLRequest');
  const expected = { name: 'AuthnRequest', read: readAuthnRequest, endpoint, parties, mustBeSigned: false, now: now() };
  const { party, said: request } = receive(message, expected);
  const { name, id } = party.application;
  const consumer = consumerFor(request, party.provider);
  if (consumer === undefined)
    throw new Unanswerable('the AssertionConsumerService asked for is not in its metadata', name);
  const ticket = { application: id, request, consumer, ...optional('relayState', message.relayState), at: now() };
  if (writeTicket(ticket).length > LARGEST_TICKET) throw new Unanswerable('it asks for more than is kept', name);
  return ticket;
}

/** A sign-in that begins here, where the administrator allows it: anybody can make a link that signs somebody in. */
function unasked(req: Request, { parties, now }: SignOnParts): Ticket {
  const { sp, RelayState: relayState } = req.query;
  const party = typeof sp === 'string' ? parties.byEntityId(sp) : undefined;
  if (!party) throw new Unanswerable('no service provider of this name is known');
  const { application, options, provider } = party;
  if (!options.idpInitiated)
    throw new Unanswerable('it is not opened from here: saml.idp_initiated is not set', application.name);
  const consumer = consumerFor(undefined, provider);
  if (consumer === undefined) throw new Unanswerable('its metadata has no AssertionConsumerService', application.name);
  if (relayState !== undefined && (typeof relayState !== 'string' || relayState.length > 4096))
    throw new Unanswerable('RelayState is too long, or stands twice', application.name);
  return { application: application.id, consumer, ...(relayState === undefined ? {} : { relayState }), at: now() };
}

function send(req: Request, res: Response, reply: Reply, { pages }: SignOnParts): void {
  if (reply.kind === 'page') {
    res.redirect(303, reply.path);
    return;
  }
  const { party, ticket, response } = reply;
  const { relayState } = ticket;
  pages.post(req, res, {
    application: party.application.name,
    action: ticket.consumer,
    fields: {
      SAMLResponse: Buffer.from(String(response)).toString('base64'),
      ...(relayState === undefined ? {} : { RelayState: relayState }),
    },
    about: 'back',
  });
}
