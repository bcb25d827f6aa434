/** From a request to whoever answers it, watched on the way. A part of the composition root. */
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Metrics } from '../metrics/metrics.ts';
import type { OidcRoom } from '../protocols/oidc/room.ts';
import type { Traces } from '../traces/wanted.ts';
import type { clientAddress } from '../web/client-address.ts';
import type { errors } from '../web/errors.ts';
import { personLanguages } from '../web/language.ts';
import { requestIdOf } from '../web/request-id.ts';
import { routeGroup } from '../web/route-group.ts';
import type { certificatesFrom } from './certificates.ts';
import { inRequest } from './request.ts';

export interface Answering {
  /** The issuer is https. */
  readonly secure: boolean;
  readonly app: RequestListener;
  readonly oidc: Pick<OidcRoom, 'handles' | 'handlesAside' | 'callback'>;
  readonly client: ReturnType<typeof clientAddress>;
  readonly certificates: ReturnType<typeof certificatesFrom>;
  readonly counters: Pick<Metrics, 'time' | 'answer'>;
  readonly traces: Pick<Traces, 'request'>;
  readonly errorPages: Pick<ReturnType<typeof errors>, 'answer'>;
}

/** `aside` serves the port where clients show certificates, and there only what they come for. */
export function answering(parts: Answering): { readonly listener: RequestListener; readonly aside: RequestListener } {
  const { app, oidc, client, certificates, counters, traces, errorPages } = parts;
  const listener: RequestListener = (req, res) => {
    certificates?.receive(req);
    const path = pathOf(req);
    const group = routeGroup(path);
    counters.time(res, group);
    if (counters.answer(req, res)) return;
    const { proxied: trusted } = client(req);
    const id = requestIdOf(req, trusted);
    res.setHeader('x-request-id', id);
    const answer = () => {
      if (!oidc.handles(path)) return app(req, res);
      oidc.callback(req, res).catch((error) => errorPages.answer(res, error));
    };
    const browser = () => ({
      agent: (req.headers['user-agent'] ?? '').slice(0, 512),
      languages: personLanguages(req, parts.secure),
    });
    inRequest(id, browser, () => traces.request({ req, res, group, id, trusted }, answer));
  };
  return {
    listener,
    aside(req, res) {
      if (oidc.handlesAside(pathOf(req)) || pathOf(req).startsWith('/admin/api/')) return listener(req, res);
      res.writeHead(404).end();
    },
  };
}

const pathOf = (req: IncomingMessage) => (req.url ?? '/').split('?', 1)[0] as string;
