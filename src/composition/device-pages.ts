/** The device flow's pages, by our views, and how often its codes may be tried. A part of the composition root. */
import type { Config } from '../config.ts';
import type { DevicePages } from '../protocols/oidc/device/pages.ts';
import type { Views } from '../web/views.ts';

export function devicePages(views: Views): DevicePages {
  return {
    enter: (res, page) =>
      views.render(res, { view: 'device/enter', status: page.wrong ? 422 : 200, data: { ...page } }),
    decide: (res, page) =>
      views.render(res, { view: 'device/decide', status: page.unsure ? 422 : 200, data: { ...page } }),
    done: (res, page) => views.render(res, { view: 'device/done', data: { ...page } }),
  };
}

/** A browser gets as many codes as an account gets wrong passwords, an address as many as it may fail. */
export const deviceTries = ({ lockAfter, addressFailures }: Config['limits']) => ({
  browser: lockAfter,
  address: addressFailures,
});
