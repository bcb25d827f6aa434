/**
 * The listening socket: owns time and size limits of a request and the way out (drain). Knows nothing of what is served.
 */
import { constants } from 'node:crypto';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { TlsOptions } from 'node:tls';

export interface Serving {
  readonly port: number;
  readonly draining: () => boolean;
  /**
   * Says that it is leaving (`draining`) for as long as `linger`, then stops accepting, lets what is in flight finish for
   * at most ten seconds, and cuts it. Safe to call twice.
   */
  drain(): Promise<void>;
}

const patience = 10_000;
const limits = {
  /** For the headers alone, then for the whole request: a client that dribbles holds a socket no longer. */
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** Longer than the idle time of common load balancers, which otherwise reuse a socket we are just closing. */
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
};

export interface Tls {
  /** PEM texts. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Asks for client certificates and lets everybody in: whether one is needed, and which, is the application's to say. */
  readonly ask?: { readonly authorities: string | undefined };
}

/** Resolves once listening; rejects when the port is taken. */
export async function serve(options: {
  app: RequestListener;
  port: number;
  host?: string;
  tls?: Tls;
  /** Milliseconds to go on answering while leaving: time for a balancer to see /readyz say 503 and look elsewhere. */
  linger?: number;
}): Promise<Serving> {
  let drained: Promise<void> | undefined;
  const inFlight = new Set<ServerResponse>();
  // Kept-alive connections end with the answer they are waiting for.
  const last = (res: ServerResponse) => !res.headersSent && res.setHeader('connection', 'close');
  const listener: RequestListener = (req, res) => {
    inFlight.add(res);
    res.once('close', () => inFlight.delete(res));
    if (drained) last(res);
    options.app(req, res);
  };
  const server = options.tls
    ? createTlsServer({ ...limits, ...tlsOptions(options.tls) }, listener)
    : createServer(limits, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const close = () =>
    new Promise<void>((resolve) => {
      const cut = setTimeout(() => server.closeAllConnections(), patience);
      server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      server.closeIdleConnections();
      inFlight.forEach(last);
    });
  return {
    port: (server.address() as AddressInfo).port,
    draining: () => drained !== undefined,
    drain() {
      drained ??= options.linger ? wait(options.linger).then(close) : close();
      return drained;
    },
  };
}

function tlsOptions({ cert, key, ask }: Tls): TlsOptions {
  if (!ask) return { cert, key };
  return {
    cert,
    key,
    requestCert: true,
    rejectUnauthorized: false,
    // Without any, the authorities of the web would vouch for clients.
    ca: ask.authorities ?? [],
    // A resumed session would bring a certificate that nobody has looked at today.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
