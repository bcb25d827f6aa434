/** The page a link in a message opens: says where it works, and acts only by its form, so that a scanner changes nothing. */
import type { Router } from 'express';
import { anyone, routes } from '../web/routes.ts';
import type { SignInPages } from './routes.ts';

/** Mounts `/signin/:id/link/:token`. */
export function linkRoutes(app: Router, { walking, csrf, views, browserOf }: SignInPages): void {
  routes(app).get('/signin/:id/link/:token', anyone, async (req, res) => {
    const [id, token] = [String(req.params.id), String(req.params.token)];
    const browser = browserOf(req, res);
    const link = await walking.linked(browser, id, { token });
    const { agent, address, startedAt: at, application, ask } = link;
    views.render(res, {
      view: `signin/link-${link.kind}`,
      status: link.kind === 'over' ? 400 : 200,
      data:
        link.kind === 'here'
          ? { application, token, step: link.step, action: `/signin/${id}`, csrf: csrf.token(browser.bind(), id) }
          : { application, agent, address, at },
      languages: ask?.languages ?? [],
    });
  });
}
