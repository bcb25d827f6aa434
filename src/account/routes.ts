/** The account pages' addresses. Every GET shows, every POST changes one thing and answers 303. */
import type { Response, Router } from 'express';
import type { AuditEvent } from '../audit/event.ts';
import { guarded } from '../authentication/enrolment.ts';
import { PageError } from '../web/page-error.ts';
import { anyone, routes } from '../web/routes.ts';
import {
  type AccountParts,
  formToken,
  mayChange,
  postedForm,
  SIGNED_OUT,
  signedIn,
  visitorOf,
  walkToRegister,
} from './account.ts';
import { applicationsOf, climb, methodsOf, sessionsOf, signInsOf } from './shown.ts';

/** What the page a POST leads to says at its top. Closed: nothing of the address is ever repeated on a page. */
const SAYINGS = [
  'added',
  'removed',
  'two-step-on',
  'two-step-off',
  'password-changed',
  'session-ended',
  'withdrawn',
] as const;

/** Mounts `/account` and `/signed-out`. */
export function accountRoutes(app: Router, parts: AccountParts): void {
  const who = signedIn(parts);
  const all = routes(app);

  const page = (res: Response, view: string, data: Record<string, unknown>, status = 200) => {
    const { outcome, browser } = visitorOf(res);
    const said = SAYINGS.find((one) => one === res.req.query.said);
    const always = { csrf: formToken(parts, browser), user: outcome.user, said };
    parts.views.render(res, { view: `account/${view}`, status, data: { ...always, ...data } });
  };
  const record = (res: Response, type: AuditEvent['type'], detail: Record<string, unknown>) => {
    const { outcome, browser } = visitorOf(res);
    const { user, sid } = outcome;
    return parts.recorder.record({
      type,
      at: parts.now(),
      user: user.id,
      ...(sid ? { sid } : {}),
      address: browser.address,
      detail,
    });
  };

  all.get('/account', who, async (_req, res) => {
    const { outcome } = visitorOf(res);
    const [sessions, own] = await Promise.all([sessionsOf(parts, outcome), parts.credentials.of(outcome.user.id)]);
    page(res, 'overview', { sessions, climb: climb(own) });
  });

  all.get('/account/methods', who, async (_req, res) => {
    const { user } = visitorOf(res).outcome;
    page(res, 'methods', methodsOf(await parts.credentials.of(user.id), parts.methods, user, parts.now()));
  });

  all.post('/account/methods/add', who, async (req, res) => {
    const { method = '' } = await postedForm(parts, req, res);
    if (!parts.methods.get(method)?.registers.length) throw new PageError(400, 'bad-request');
    await walkToRegister(parts, res, method, '/account/methods?said=added');
  });

  all.post('/account/methods/remove', who, async (req, res) => {
    const { credential = '' } = await postedForm(parts, req, res);
    const { outcome, browser } = visitorOf(res);
    const { user, sid } = outcome;
    const own = await parts.credentials.of(user.id);
    const going = own.find((one) => one.id === credential && !parts.methods.get(one.method)?.first);
    if (!going) return res.redirect(303, '/account/methods');
    if (!(await mayChange(parts, res, '/account/methods'))) return;
    if (!(await parts.credentials.remove(user.id, going.id))) return res.redirect(303, '/account/methods');
    await record(res, 'credential.removed', { method: going.method, credential: going.id });
    // Two-step sign-in without a second factor would be met by whoever registers one first. Looked at afterwards: of two
    // tabs that remove the last two, one at least sees none left.
    if (user.twoStep && !guarded(parts.methods, await parts.credentials.of(user.id))) {
      await parts.users.setTwoStep(user.id, false);
      await record(res, 'two-step.changed', { on: false, because: 'the last second factor was removed' });
    }
    await parts.sessions.endAll(user.id, 'credential removed', {
      which: (session) => session.sid !== sid && session.evidence.some((piece) => piece.credential === going.id),
      address: browser.address,
    });
    res.redirect(303, '/account/methods?said=removed');
  });

  all.post('/account/two-step', who, async (req, res) => {
    const on = (await postedForm(parts, req, res)).on === 'yes';
    const { user } = visitorOf(res).outcome;
    const own = await parts.credentials.of(user.id);
    if (on && !guarded(parts.methods, own)) throw new PageError(400, 'bad-request');
    if (!(await mayChange(parts, res, '/account/methods'))) return;
    await parts.users.setTwoStep(user.id, on);
    await record(res, 'two-step.changed', { on });
    res.redirect(303, `/account/methods?said=two-step-${on ? 'on' : 'off'}`);
  });

  all.get('/account/password', who, async (_req, res) => {
    if (await mayChange(parts, res, '/account/password')) page(res, 'password', {});
  });

  all.post('/account/password', who, async (req, res) => {
    const { password = '' } = await postedForm(parts, req, res);
    if (!(await mayChange(parts, res, '/account/password'))) return;
    const { outcome, browser } = visitorOf(res);
    const { user, sid } = outcome;
    const chosen = await parts.choosePassword(user, password);
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
