/** The pages of one's own sign-in methods: what there is, and the page of each. Every POST changes one thing and answers 303. */
import type { RequestHandler, Response } from 'express';
import { preferredAmong } from '../authentication/preference.ts';
import type { SessionEnd } from '../authentication/session-end.ts';
import type { Credential } from '../domain/credential.ts';
import { LABEL_LENGTH, labelFrom } from '../domain/label.ts';
import { showed } from '../domain/session.ts';
import { PageError } from '../web/page-error.ts';
import type { Routes } from '../web/routes.ts';
import { type AccountParts, mayChange, mayReport, postedForm, visitorOf, walkToRegister } from './account.ts';
import { methodShown, methodsShown } from './methods-shown.ts';
import type { Pages } from './pages.ts';
import { keeping, preferable, type Standing, standingOf, theirs, twoStepOf } from './standing.ts';

const LIST = '/account/methods';
/** Back from a proof the button has to be pressed once more: a form is never sent again by itself. */
const again = (path: string) => `${path}?said=confirmed`;

interface Its {
  readonly standing: Standing;
  readonly one: Credential;
  /** The path of its page. */
  readonly path: string;
}

export function methodRoutes(all: Routes, parts: AccountParts, who: RequestHandler, { page, record }: Pages): void {
  const { users, credentials, sessions } = parts;
  const standing = (res: Response) => standingOf(parts.sources, visitorOf(res).outcome, parts.now());

  /** The credential of the address, one of the visitor's own. Another's is as unknown as one that never was. */
  async function its(res: Response, id: unknown): Promise<Its> {
    const now = await standing(res);
    const one = now.held.find((held) => held.id === id);
    if (!one) throw new PageError(404, 'not-found');
    return { standing: now, one, path: `${LIST}/${one.id}` };
  }

  async function show(res: Response, { standing: now, one }: Its, more: Record<string, unknown> = {}, status = 200) {
    const from = await parts.events.lastProved(now.user.id);
    page(res, 'method', { ...methodShown(now, one, from), most: LABEL_LENGTH, ...more }, status);
  }

  /** Whatever it opened elsewhere ends; this session only where `own` says so. */
  const endProved = (res: Response, { id, user }: Credential, reason: SessionEnd, own: boolean) =>
    sessions.endAll(user, reason, {
      which: (session) => (own || session.sid !== visitorOf(res).outcome.sid) && showed(session, id),
      address: visitorOf(res).browser.address,
    });

  /** What is preferred is always something held. */
  async function settlePreferred(res: Response, now: Standing, one: Credential, why: 'removed' | 'lost') {
    const left = now.held.filter(({ id }) => id !== one.id);
    const preferred = preferredAmong(parts.sources.methods, now.user, left, why);
    if (preferred === now.user.preferred) return;
    await users.setPreferred(now.user.id, preferred);
    await record(res, 'preferred.changed', { method: preferred ?? null, because: `the one before was ${why}` });
  }

  all.get(LIST, who, async (_req, res) => {
    const now = await standing(res);
    page(res, 'methods', methodsShown(now, await parts.events.lastProved(now.user.id)));
  });

  all.post(`${LIST}/add`, who, async (req, res) => {
    const { method = '' } = await postedForm(parts, req, res);
    const { user } = visitorOf(res).outcome;
    const { methods, settingOf } = parts.sources;
    if (!methods.get(method)?.register || settingOf(user, method).state === 'off') {
      throw new PageError(400, 'bad-request');
    }
    await walkToRegister(parts, res, method, `${LIST}?said=added`);
  });

  all.get(`${LIST}/:id`, who, async (req, res) => show(res, await its(res, req.params.id)));

  all.post(`${LIST}/:id/rename`, who, async (req, res) => {
    const form = await postedForm(parts, req, res);
    const { one, ...rest } = await its(res, req.params.id);
    if (!theirs(rest.standing, one)) throw new PageError(400, 'bad-request');
    const label = labelFrom(form.label ?? '');
    if (label === undefined) return show(res, { one, ...rest }, { wrong: true, typed: form.label ?? '' }, 422);
    await credentials.rename(one.user, one.id, label);
    await record(res, 'credential.renamed', { method: one.method, credential: one.id });
    res.redirect(303, `${rest.path}?said=renamed`);
  });

  all.post(`${LIST}/:id/prefer`, who, async (req, res) => {
    await postedForm(parts, req, res);
    const { standing: now, one, path } = await its(res, req.params.id);
    if (!preferable(now, one)) throw new PageError(400, 'bad-request');
    // What is asked for first decides whether a code by email does: not for whoever found a session open.
    if (!(await mayChange(parts, res, again(path)))) return;
    await users.setPreferred(one.user, one.method);
    await record(res, 'preferred.changed', { method: one.method });
    res.redirect(303, `${path}?said=preferred`);
  });

  all.post(`${LIST}/:id/remove`, who, async (req, res) => {
    await postedForm(parts, req, res);
    const { standing: now, one, path } = await its(res, req.params.id);
    if (!theirs(now, one)) throw new PageError(400, 'bad-request');
    if (keeping(now, one)) return res.redirect(303, path);
    if (!(await mayChange(parts, res, again(path)))) return;
    const kept = (ids: readonly string[]) => now.held.filter(({ id }) => ids.includes(id));
    const went = await credentials.removeWhile(one.user, one.id, (ids) => !keeping(now, one, kept(ids)));
    if (went === 'needed') return res.redirect(303, path);
    if (went === 'gone') return res.redirect(303, LIST);
    await record(res, 'credential.removed', { method: one.method, credential: one.id, label: one.label });
    await settlePreferred(res, now, one, 'removed');
    await endProved(res, one, 'credential removed', false);
    res.redirect(303, `${LIST}?said=removed`);
  });

  all.post(`${LIST}/:id/lost`, who, async (req, res) => {
    await postedForm(parts, req, res);
    const { standing: now, one, path } = await its(res, req.params.id);
    if (!theirs(now, one)) throw new PageError(400, 'bad-request');
    if (!(await mayReport(parts, res, again(path)))) return;
    if (!(await credentials.lose(one.user, one.id, parts.now()))) return res.redirect(303, path);
    await record(res, 'credential.lost', { method: one.method, credential: one.id });
    await settlePreferred(res, now, one, 'lost');
    // Whoever has it may have got himself a refresh token with it.
    await parts.endTokens(one.user);
    await endProved(res, one, 'credential lost', true);
    const { outcome, browser } = visitorOf(res);
    if (outcome.sid && (await sessions.bySid(outcome.sid))) return res.redirect(303, `${path}?said=lost`);
    // It had opened this very session, which is gone with the others.
    browser.dropSession();
    parts.views.render(res, { view: 'account/lost', data: { method: one.method, label: one.label } });
  });

  all.post('/account/two-step', who, async (req, res) => {
    const on = (await postedForm(parts, req, res)).on === 'yes';
    const now = await standing(res);
    const { changeable, on: before } = twoStepOf(now);
    if (!changeable) throw new PageError(400, 'bad-request');
    if (!(await mayChange(parts, res, again(LIST)))) return;
    await users.setTwoStep(now.user.id, on);
    if (on !== before) await record(res, 'two-step.changed', { on });
    res.redirect(303, `${LIST}?said=two-step-${on ? 'on' : 'off'}`);
  });
}
