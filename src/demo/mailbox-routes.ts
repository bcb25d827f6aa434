/** `GET /mailbox`, everybody's mail in the demo; one is shown as text, and as HTML on a page of its own that runs nothing. */
import { type Request, Router } from 'express';
import { commonHeaders } from '../web/headers.ts';
import { escaped, Html } from '../web/html.ts';
import { PageError } from '../web/page-error.ts';
import { anyone, routes } from '../web/routes.ts';
import type { Views } from '../web/views.ts';
import type { DemoMail, DemoMailbox } from './mailbox.ts';

export function mailboxRoutes(views: Views, mailbox: Pick<DemoMailbox, 'mails'>): Router {
  const router = Router();
  const found = (req: Request): DemoMail => {
    const mail = mailbox.mails.find(({ number }) => String(number) === req.params.number);
    if (!mail) throw new PageError(404, 'not-found');
    return mail;
  };
  routes(router)
    .get('/mailbox', anyone, (_req, res) => {
      views.render(res, { view: 'demo/mailbox', data: { mails: mailbox.mails } });
    })
    .get('/mailbox/:number', anyone, (req, res) => {
      const mail = found(req);
      views.render(res, { view: 'demo/mail', data: { mail, text: linked(mail.text) } });
    })
    .get('/mailbox/:number/html', anyone, (req, res) => {
      const { html } = found(req);
      commonHeaders(res, false);
      // As a mail reader shows it: nothing runs, nothing is fetched, and it is nobody's origin.
      res.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups");
      res.setHeader('cache-control', 'no-store');
      res.type('html').send(html);
    });
  return router;
}

/** The text with its addresses as links. */
const linked = (text: string): Html =>
  new Html(
    text
      .split(/(https?:\/\/[^\s<>"]+)/)
      .map((piece, i) => (i % 2 ? `<a href="${escaped(piece)}">${escaped(piece)}</a>` : escaped(piece)))
      .join(''),
  );
