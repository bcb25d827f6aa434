/** What every account page is made with: its words at the top, its forms' token, and the record of what was changed. */
import type { Response } from 'express';
import type { AuditEvent } from '../audit/event.ts';
import { type AccountParts, formToken, visitorOf } from './account.ts';

/** What the page a POST leads to says at its top. Closed: nothing of the address is ever repeated on a page. */
const SAYINGS = [
  'added',
  'confirmed',
  'removed',
  'renamed',
  'lost',
  'preferred',
  'two-step-on',
  'two-step-off',
  'password-changed',
  'session-ended',
  'withdrawn',
] as const;

export interface Pages {
  page(res: Response, view: string, data: Record<string, unknown>, status?: number): void;
  /** Resolves when it is committed. */
  record(res: Response, type: AuditEvent['type'], detail: Record<string, unknown>): Promise<void>;
}

export const pagesOf = (parts: AccountParts): Pages => ({
  page(res, view, data, status = 200) {
    const visitor = visitorOf(res);
    const said = SAYINGS.find((one) => one === res.req.query.said);
    const always = { csrf: formToken(parts, visitor), user: visitor.outcome.user, said };
    parts.views.render(res, { view: `account/${view}`, status, data: { ...always, ...data } });
  },
  async record(res, type, detail) {
    const { outcome, browser } = visitorOf(res);
    const { user, sid } = outcome;
    const who = { user: user.id, ...(sid ? { sid } : {}), address: browser.address };
    await parts.recorder.record({ type, at: parts.now(), ...who, detail });
  },
});
