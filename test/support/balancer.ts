/** What stands before two nodes: every request to the next one, past whoever does not take connections. */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Balancer {
  readonly url: string;
  /** The nodes' own addresses, from now on. */
  behind(nodes: readonly string[]): void;
  stop(): Promise<void>;
}

/**
 * As a careful one does: what may have reached a node is never sent twice. A request whose node dies under it gets 502, one
 * that no node takes 503.
 */
export async function startBalancer(): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  let nodes: readonly string[] = [];
  let turn = 0;
  const server = createServer(async (req, res) => {
    const body: Buffer[] = [];
    for await (const chunk of req) body.push(chunk);
    const first = turn++;
    for (let tried = 0; tried < nodes.length; tried++) {
      const node = nodes[(first + tried) % nodes.length] as string;
      if (await passed(agent, node, req, Buffer.concat(body), res)) return;
    }
    res.writeHead(503, { 'retry-after': '1' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    behind(those) {
      nodes = those;
    },
    stop() {
      agent.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** False when the node took no connection: then it has seen nothing. */
function passed(agent: Agent, node: string, req: IncomingMessage, body: Buffer, res: ServerResponse): Promise<boolean> {
  const { hostname: host, port } = new URL(node);
  const { method, url: path, headers } = req;
  return new Promise((resolve) => {
    const sent = request({ agent, host, port, method, path, headers }, (answer) => {
      res.writeHead(answer.statusCode as number, answer.rawHeaders);
      answer.pipe(res);
      answer.once('error', () => res.destroy());
      resolve(true);
    });
    sent.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') return resolve(false);
      if (res.headersSent) res.destroy();
      else res.writeHead(502).end();
      resolve(true);
    });
    sent.end(body);
  });
}
