/** The pages the SAML room needs, by our views: the room itself knows no view, and views know no protocol. */
import type { Pages } from './protocols/saml/pages.ts';
import type { Views } from './web/views.ts';

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
  };
}
