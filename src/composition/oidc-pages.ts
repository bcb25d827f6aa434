/** The pages the OIDC room needs, by our views: the room itself knows no view, and views know no protocol. */
import type { Logger } from 'pino';
import type { Pages } from '../protocols/oidc/pages.ts';
import { reference } from '../web/reference.ts';
import type { Views } from '../web/views.ts';

export function oidcPages(views: Views, log: Pick<Logger, 'info'>, now: () => number): Pages {
  return {
    signOut: async (_req, res, { application, action, fields }) =>
      views.write(res, {
        view: 'signin/sign-out',
        data: { action, hidden: fields, ...(application ? { application: { name: application } } : {}) },
      }),
    signedOut: async (_req, res) => views.write(res, { view: 'signin/signed-out', data: { applications: [] } }),
    error: async (_req, res, { status, error, description, application }) => {
      const shown = reference();
      log.info(
        { reference: shown, status, error, description, application },
        'an application was answered with a page',
      );
      return views.write(res, {
        view: 'errors/error',
        status,
        data: {
          key: status === 503 ? 'away' : status >= 500 ? 'fault' : 'application',
          detail: { detail: [error, description].filter(Boolean).join(': '), ...(application ? { application } : {}) },
          reference: shown,
          at: now(),
        },
      });
    },
  };
}
