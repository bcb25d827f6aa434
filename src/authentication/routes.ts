/** The sign-in's one address: GET shows what is missing now, POST takes one answer and sends the browser back to GET. */
import type { Request, Response, Router } from 'express';
import type { Csrf } from '../web/csrf.ts';
import { sameOrigin } from '../web/csrf.ts';
import { readForm } from '../web/forms.ts';
import { PageError } from '../web/page-error.ts';
import { anyone, routes } from '../web/routes.ts';
import type { Views } from '../web/views.ts';
import type { Browser } from './authentication.ts';
import { linkRoutes } from './link.ts';
import { present } from './present.ts';
import type { Walking } from './walking.ts';

export interface SignInPages {
  readonly walking: Walking;
  readonly csrf: Csrf;
  readonly views: Views;
  readonly issuer: string;
  readonly now: () => number;
  browserOf(req: Request, res: Response): Browser;
}

/** Mounts `/signin/:id`, and the page of links that lead to it. */
export function signInRoutes(app: Router, pages: SignInPages): void {
  linkRoutes(app, pages);
  const { walking, csrf, views, browserOf } = pages;

  routes(app).get('/signin/:id', anyone, async (req, res) => {
    const id = idOf(req);
    const browser = browserOf(req, res);
    const view = await walking.look(browser, id);
    if (view.kind === 'gone') throw new PageError(400, browser.id ? 'expired' : 'cookies');
    if (view.kind === 'go') return res.redirect(303, view.to);
    const { view: name, status, retryAfter, data } = present(view, pages.now());
    if (retryAfter) res.setHeader('retry-after', retryAfter);
    views.render(res, {
      view: name,
      status,
      data: { ...data, csrf: csrf.token(browser.bind(), id) },
      languages: view.signIn.ask.languages ?? [],
      formAction: view.leadsTo,
    });
  });

  // What the page of a registration shows, to be kept as a file; bound to the browser like the page, and cached nowhere.
  routes(app).get('/signin/:id/file', anyone, async (req, res) => {
    const id = idOf(req);
    const view = await walking.look(browserOf(req, res), id);
    if (view.kind !== 'page' || view.step.kind !== 'register' || typeof view.show.file !== 'string')
      return res.redirect(303, `/signin/${encodeURIComponent(id)}`);
    const languages = view.signIn.ask.languages ?? [];
    views.file(res, { view: `methods/${view.step.method}-file`, data: view.show, languages }, view.show.file);
  });

  routes(app).post('/signin/:id', anyone, async (req, res) => {
    const id = idOf(req);
    const browser = browserOf(req, res);
    const form = await readForm(req);
    if (!browser.id) throw new PageError(400, 'cookies');
    // Without this, another site could sign its visitors in as somebody else (login CSRF).
    if (!sameOrigin(req, pages.issuer) || !csrf.check(browser.id, id, form.csrf)) throw new PageError(403, 'forged');
    if (!(await walking.answer(browser, id, form))) throw new PageError(400, 'expired');
    res.redirect(303, `/signin/${encodeURIComponent(id)}`);
  });
}

function idOf(req: Request): string {
  const id = String(req.params.id);
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(id)) throw new PageError(400, 'expired');
  return id;
}
