/** The account pages' addresses. Every GET shows, every POST changes one thing and answers 303. */
import type { Router } from 'express';
import { FRESH_MS } from '../authentication/counted.ts';
import { anyone, routes } from '../web/routes.ts';
import { type AccountParts, mayChange, postedForm, SIGNED_OUT, signedIn, visitorOf } from './account.ts';
import { methodRoutes } from './methods.ts';
import { pagesOf } from './pages.ts';
import { applicationsOf, climb, sessionsOf, signInsOf } from './shown.ts';

/** Mounts `/account` and `/signed-out`. */
export function accountRoutes(app: Router, parts: AccountParts): void {
  const who = signedIn(parts);
  const all = routes(app);
  const pages = pagesOf(parts);
  const { page, record } = pages;

  all.get('/account', who, async (_req, res) => {
    const { outcome } = visitorOf(res);
    const [sessions, own] = await Promise.all([sessionsOf(parts, outcome), parts.credentials.of(outcome.user.id)]);
    page(res, 'overview', { sessions, climb: climb(parts, own) });
  });

  methodRoutes(all, parts, who, pages);

  all.get('/account/password', who, async (_req, res) => {
    if (await mayChange(parts, res, '/account/password')) page(res, 'password', {});
  });

  all.post('/account/password', who, async (req, res) => {
    const { password = '' } = await postedForm(parts, req, res);
    if (!(await mayChange(parts, res, '/account/password'))) return;
    const { outcome, browser } = visitorOf(res);
    const { user, sid } = outcome;
    // Or whoever reads the mailbox would choose a password by it, and have two proofs.
    const shown = outcome.evidence.filter(({ at }) => at > parts.now() - FRESH_MS);
    const chosen = await parts.choosePassword(
      user,
      password,
      shown.every(({ mailbox }) => mailbox),
    );
    if ('why' in chosen) return page(res, 'password', { wrong: true, why: chosen.why }, 422);
    await record(res, 'credential.replaced', { method: 'password' });
    // Whoever had the old password may have got himself a refresh token with it.
    await parts.endTokens(user.id);
    await parts.sessions.endAll(user.id, 'password changed', {
      which: (session) => session.sid !== sid,
      address: browser.address,
    });
    res.redirect(303, '/account/methods?said=password-changed');
  });

  all.post('/account/sessions/end', who, async (req, res) => {
    const { sid = '' } = await postedForm(parts, req, res);
    const { outcome, browser } = visitorOf(res);
    const own = (await parts.sessions.ofUser(outcome.user.id)).find((session) => session.sid === sid);
    if (own) await parts.sessions.end(sid, 'ended by its owner', browser.address);
    res.redirect(303, '/account?said=session-ended');
  });

  all.get('/account/signins', who, async (_req, res) => {
    page(res, 'signins', { events: await signInsOf(parts, visitorOf(res).outcome.user.id) });
  });

  all.get('/account/applications', who, async (_req, res) => {
    page(res, 'applications', { consents: await applicationsOf(parts, visitorOf(res).outcome.user.id) });
  });

  all.post('/account/applications/remove', who, async (req, res) => {
    const { application = '' } = await postedForm(parts, req, res);
    const { user } = visitorOf(res).outcome;
    await parts.withdraw(user.id, application);
    await record(res, 'consent.withdrawn', { application });
    res.redirect(303, '/account/applications?said=withdrawn');
  });

  all.post('/account/sign-out', who, async (req, res) => {
    await postedForm(parts, req, res);
    const { outcome, browser } = visitorOf(res);
    res.redirect(303, await parts.leaving.leave(browser, outcome.sid, 'signed out', SIGNED_OUT));
  });

  all.get(SIGNED_OUT, anyone, (_req, res) => {
    parts.views.render(res, { view: 'signin/signed-out', data: { applications: [] } });
  });
}
