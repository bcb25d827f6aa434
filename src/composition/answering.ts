/** One request on its way in: timed, named, traced, remembered for as long as it lasts. A part of the composition root. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Metrics } from '../metrics/metrics.ts';
import { requestScope } from '../state/memo.ts';
import type { Traces } from '../traces/wanted.ts';
import type { Client } from '../web/client-address.ts';
import { inRequest, requestIdOf } from '../web/request-id.ts';
import { routeGroup } from '../web/route-group.ts';

export interface Answering {
  readonly counters: Metrics;
  readonly traces: Traces;
  readonly client: (req: IncomingMessage) => Client;
  /** Answers `path`, the request's own without its query. */
  readonly answer: (req: IncomingMessage, res: ServerResponse, path: string) => void;
}

export function answering({ counters, traces, client, answer }: Answering): RequestListener {
  return (req, res) => {
    const path = pathOf(req);
    const group = routeGroup(path);
    counters.time(res, group);
    if (counters.answer(req, res)) return;
    const { proxied: trusted } = client(req);
    const id = requestIdOf(req, trusted);
    res.setHeader('x-request-id', id);
    const within = () => traces.request({ req, res, group, id, trusted }, () => answer(req, res, path));
    inRequest(id, () => requestScope.run(new Map(), within));
  };
}

export const pathOf = (req: IncomingMessage): string => (req.url ?? '/').split('?', 1)[0] as string;
