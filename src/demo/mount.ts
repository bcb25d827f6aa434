/** Puts the demo beside Stile: its home page, and the Wiki, which then talks to Stile over HTTP like anybody. */
import type { Express } from 'express';
import { wiki } from '../../examples/wiki/wiki.ts';
import type { Config } from '../config.ts';
import type { Views } from '../web/views.ts';
import { demo } from './demo.ts';

/** What config/demo.yaml gives everybody; the home page tells it. */
const PASSWORD = 'over-the-wall';
const PATH = '/demo/wiki';

export function mount(app: Express, config: Config, views: Views, stylesheet: string): void {
  const people = config.users.map(({ username, name, totp }) => ({
    username,
    name,
    has: totp ? 'Password, authenticator app' : 'Password only: is walked through setting up',
    ...(totp ? { app: totp } : {}),
  }));
  const about = 'OpenID Connect. Asks for a password, and for a second proof before a payment';
  const applications = [{ name: 'Wiki', href: `${PATH}/`, about }];
  app.use(demo({ views, people, password: PASSWORD, applications }));
  const settings = config.applications.find(({ id }) => id === 'wiki')?.settings ?? {};
  app.use(
    PATH,
    wiki({
      issuer: config.issuer,
      clientId: String(settings.client_id),
      clientSecret: String(settings.client_secret),
      baseUrl: `${config.issuer}${PATH}`,
      stylesheet,
      home: { name: 'Demo home', href: '/' },
    }),
  );
}
