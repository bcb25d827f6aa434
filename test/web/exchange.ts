import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** A request and its answer with no network between, for what only reads headers and writes headers. */
export function exchange(headers: Record<string, string> = {}, url = '/', method = 'GET') {
  const req = new IncomingMessage(new Socket());
  Object.assign(req, { url, method });
  Object.assign(req.headers, headers);
  const res = new ServerResponse(req);
  const cookies = () => [res.getHeader('set-cookie') ?? []].flat().map(String);
  return { req, res, cookies };
}
