/** The page a registration link leads to. GET only shows it, as often as anything looks; the POST of its form acts, once. */
import type { Request, Response, Router } from 'express';
import type { Browser } from '../../authentication/authentication.ts';
import { type Csrf, sameOrigin } from '../../web/csrf.ts';
import { readForm } from '../../web/forms.ts';
import { PageError } from '../../web/page-error.ts';
import { anyone, routes } from '../../web/routes.ts';
import type { Views } from '../../web/views.ts';
import { linkPath } from '../operations/registration-link.ts';
import { finish, type Opened, open, type Registering } from './registering.ts';

export interface RegistrationPages extends Registering {
  readonly csrf: Csrf;
  readonly views: Views;
  readonly issuer: string;
  browserOf(req: Request, res: Response): Browser;
}

const purpose = 'registration';

/** Mounts `/registration`. */
export function registrationRoutes(app: Router, pages: RegistrationPages): void {
  const { csrf, views } = pages;

  const show = (
    req: Request,
    res: Response,
    token: string,
    { user, guarded, registration }: Opened,
    wrong: { why?: string; problem?: string } = {},
  ) =>
    views.render(res, {
      view: 'registration/page',
      status: wrong.why || wrong.problem ? 422 : 200,
      data: {
        ...{ qr: undefined, ...registration?.show, guarded, user, token, ...wrong },
        csrf: csrf.token(pages.browserOf(req, res).bind(), purpose),
      },
    });
  const dead = (res: Response) => views.render(res, { view: 'registration/dead', status: 404, data: {} });

  routes(app).get(linkPath, anyone, async (req, res) => {
    const token = shaped(req.query.token);
    const opened = token && (await open(pages, token));
    if (opened) show(req, res, token, opened);
    else dead(res);
  });

  routes(app).post(linkPath, anyone, async (req, res) => {
    const form = await readForm(req);
    const browser = pages.browserOf(req, res);
    if (!browser.id) throw new PageError(400, 'cookies');
    if (!sameOrigin(req, pages.issuer) || !csrf.check(browser.id, purpose, form.csrf))
      throw new PageError(403, 'forged');
    const token = shaped(form.token);
    const opened = token && (await open(pages, token));
    if (!opened) return dead(res);
    const finished = await finish(pages, token, opened, form, browser);
    if (finished.kind === 'dead') return dead(res);
    if (finished.kind === 'wrong') return show(req, res, token, opened, finished);
    res.redirect(303, '/account');
  });
}

const shaped = (token: unknown): string | undefined =>
  typeof token === 'string' && /^[\w-]{43}$/.test(token) ? token : undefined;
