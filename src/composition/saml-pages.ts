/** The pages the SAML room needs, by our views: the room itself knows no view, and views know no protocol. */
import type { Pages } from '../protocols/saml/pages.ts';
import type { Views } from '../web/views.ts';

export function samlPages(views: Views): Pages {
  return {
    post(_req, res, { application, action, fields, about }) {
      // Browsers hold form-action against every redirect that follows, and where an application sends people on is its own.
      const anywhere = new URL(action).protocol;
      views.render(res, {
        view: 'saml/post',
        data: { application: { name: application }, action, fields, about },
        formAction: ['https:', anywhere],
      });
    },
    leaving(_req, res, page) {
      // A header, for which no view needs a way into its head.
      if (page.seconds !== undefined) res.setHeader('refresh', `${page.seconds};url=${page.to}`);
      views.render(res, { view: 'saml/leaving', data: { ...page } });
    },
    signedOut(_req, res) {
      views.render(res, { view: 'signin/signed-out', data: { applications: [] } });
    },
    connect(_req, res, page) {
      views.render(res, { view: 'saml/connect', data: { ...page } });
    },
  };
}
