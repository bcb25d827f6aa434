/** Puts the demo beside Stile: its home page, the Wiki, the API it calls, and Payroll, which then talk to Stile over HTTP like anybody. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Express, RequestHandler } from 'express';
import { notes } from '../../examples/notes/notes.ts';
import { wiki } from '../../examples/wiki/wiki.ts';
import type { Config } from '../config.ts';
import type { Views } from '../web/views.ts';
import { demo } from './demo.ts';
import type { DemoMailbox } from './mailbox.ts';
import { mailboxRoutes } from './mailbox-routes.ts';

/** What config/demo.yaml gives everybody; the home page tells it. */
const PASSWORD = 'over-the-wall';
const WIKI = '/demo/wiki';
const NOTES = '/demo/notes';
const PAYROLL = '/demo/payroll';

export function mount(app: Express, config: Config, views: Views, stylesheet: string, mailbox: DemoMailbox): void {
  const people = config.users.map(({ username, name, totp }) => ({
    username,
    name,
    has: totp
      ? 'Password, authenticator app'
      : 'Password only: is walked through setting up, by a link in the demo mailbox',
    ...(totp ? { app: totp } : {}),
  }));
  const applications = [
    {
      name: 'Wiki',
      href: `${WIKI}/`,
      about: 'OpenID Connect. Asks for a password, and for a second proof before a payment',
    },
    {
      name: 'Payroll',
      href: `${PAYROLL}/`,
      about: 'SAML. Asks for a password, and for a second proof before a bank account is changed',
    },
  ];
  app.use(demo({ views, people, password: PASSWORD, applications }));
  app.use(mailboxRoutes(views, mailbox));
  const { issuer } = config;
  const looks = { stylesheet, home: { name: 'Demo home', href: '/' } };
  const settings = config.applications.find(({ id }) => id === 'wiki')?.settings ?? {};
  app.use(
    WIKI,
    wiki({
      ...looks,
      issuer,
      clientId: String(settings.client_id),
      clientSecret: String(settings.client_secret),
      baseUrl: `${issuer}${WIKI}`,
      api: `${issuer}${NOTES}`,
    }),
  );
  app.use(NOTES, notes({ issuer, resource: `${issuer}${NOTES}` }));
  app.use(
    PAYROLL,
    whenOpened(async () => {
      const { payroll } = await import('../../examples/payroll/payroll.ts');
      const pem = readFileSync(join(import.meta.dirname, '../../config/demo-payroll.pem'), 'utf8');
      return payroll({
        ...looks,
        issuer,
        privateKey: block(pem, 'PRIVATE KEY'),
        certificate: block(pem, 'CERTIFICATE'),
        baseUrl: `${issuer}${PAYROLL}`,
      });
    }),
  );
}

/** Its SAML library is loaded when somebody opens it, so that Stile starts no later for it. */
function whenOpened(load: () => Promise<RequestHandler>): RequestHandler {
  let loaded: Promise<RequestHandler> | undefined;
  return async (req, res, next) => {
    loaded ??= load();
    (await loaded)(req, res, next);
  };
}

const block = (pem: string, label: string): string =>
  new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`).exec(pem)?.[0] ?? '';
