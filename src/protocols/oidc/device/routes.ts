/** The addresses a person meets: /device takes the code, /device/:id is decided on after the sign-in. */
import type { Request, RequestHandler, Response, Router } from 'express';
import type { Browser } from '../../../authentication/authentication.ts';
import type { Kv } from '../../../state/kv.ts';
import { type Csrf, sameOrigin } from '../../../web/csrf.ts';
import { readForm } from '../../../web/forms.ts';
import { PageError } from '../../../web/page-error.ts';
import { anyone, routes } from '../../../web/routes.ts';
import { visiting } from '../visit.ts';
import type { Deciding } from './deciding.ts';
import type { DevicePages } from './pages.ts';
import { mayTry, type TryLimits, tryWindow } from './tries.ts';
import { normalized } from './user-code.ts';

export interface DeviceRoutes {
  readonly deciding: Deciding;
  readonly pages: DevicePages;
  readonly csrf: Csrf;
  readonly kv: Kv;
  readonly limits: TryLimits;
  readonly issuer: string;
  browserOf(req: Request, res: Response): Browser;
}

const purpose = (id: string) => `device/${id}`;

export function deviceRoutes(app: Router, parts: DeviceRoutes): void {
  const { deciding, pages, csrf, kv, limits, browserOf } = parts;

  /** One request, in which the rooms behind know of each other. */
  const visit =
    (answer: (req: Request, res: Response, browser: Browser) => Promise<void>): RequestHandler =>
    (req, res) => {
      const browser = browserOf(req, res);
      return visiting(browser, () => answer(req, res, browser));
    };
  const posted = async (req: Request, browser: Browser, id: string) => {
    const form = await readForm(req);
    if (!browser.id) throw new PageError(400, 'cookies');
    // Without this, another site could have its visitors approve its own device.
    if (!sameOrigin(req, parts.issuer) || !csrf.check(browser.id, purpose(id), form.csrf))
      throw new PageError(403, 'forged');
    return { form, id: browser.id };
  };
  const field = (res: Response, browser: Browser, code: string, wrong = false) =>
    pages.enter(res, { csrf: csrf.token(browser.bind(), purpose('')), code, wrong });

  routes(app).get(
    '/device',
    anyone,
    visit(async (req, res, browser) => {
      const { said, user_code: code } = req.query;
      if (said === 'approved' || said === 'denied') return pages.done(res, { approved: said === 'approved' });
      // Only filled in (RFC 8628 section 3.3.1): whoever sends somebody a link has not made them do anything yet.
      field(res, browser, typeof code === 'string' && !/\p{Cc}/u.test(code) ? code.slice(0, 20) : '');
    }),
  );

  routes(app).post(
    '/device',
    anyone,
    visit(async (req, res, browser) => {
      const { form, id } = await posted(req, browser, '');
      if (!(await mayTry(kv, id, browser.address, limits)))
        throw new PageError(429, 'slow-down', { retryAfter: tryWindow });
      const code = form.user_code ?? '';
      const path = await deciding.enter(browser, normalized(code));
      if (path) return res.redirect(303, path);
      field(res, browser, code.slice(0, 20), true);
    }),
  );

  routes(app).get(
    '/device/:id',
    anyone,
    visit(async (req, res, browser) => {
      const id = idOf(req);
      const look = await deciding.look(browser, id);
      if (look.kind === 'gone') throw new PageError(400, browser.id ? 'expired' : 'cookies');
      if (look.kind === 'go') return res.redirect(303, look.to);
      const token = csrf.token(browser.bind(), purpose(id));
      pages.decide(res, {
        ...look.shown,
        action: `/device/${id}`,
        csrf: token,
        unsure: req.query.unsure === 'yes',
      });
    }),
  );

  routes(app).post(
    '/device/:id',
    anyone,
    visit(async (req, res, browser) => {
      const id = idOf(req);
      const { form } = await posted(req, browser, id);
      const yes = form.do === 'approve';
      if (!yes && form.do !== 'deny') throw new PageError(400, 'bad-request');
      // The comparison is the person's; a page that let them skip it would ask for nothing.
      if (yes && form.same !== 'yes') return res.redirect(303, `/device/${id}?unsure=yes`);
      const to = await deciding.decide(browser, id, yes);
      if (!to) throw new PageError(400, 'expired');
      res.redirect(303, to);
    }),
  );
}

function idOf(req: Request): string {
  const id = String(req.params.id);
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(id)) throw new PageError(400, 'expired');
  return id;
}
