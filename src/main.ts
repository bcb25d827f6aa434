/** Reads the configuration, builds, listens, and drains on SIGTERM. */
import { buildApp } from './app.ts';
import { currentRequest } from './composition/request.ts';
import { loadConfig } from './config.ts';
import { greeting } from './greeting.ts';
import { logger } from './log.ts';
import { inspectStatements } from './methods/webauthn/declared.ts';
import { inspect } from './protocols/saml/providers/declared.ts';
import { unstarted } from './unstarted.ts';
import { type Serving, serve } from './web/server.ts';

/** Behind a proxy, how long to say "not ready" before the door shuts. */
const LINGER_MS = 3_000;
/** Lingering and draining have thirteen seconds; closing the stores gets five more. */
const LEAVING_MS = 18_000;

async function start(): Promise<void> {
  const config = loadConfig({ env: process.env, inspect, inspectStatements });
  const log = logger(config.log.level, undefined, currentRequest);
  let serving: Serving | undefined;
  const app = await buildApp(config, log, () => serving?.draining() ?? false);
  serving = await serve({
    app: app.listener,
    port: config.port,
    ...(config.host ? { host: config.host } : {}),
    ...(config.tls ? { tls: config.tls } : {}),
    linger: config.proxies.length > 0 ? LINGER_MS : 0,
  }).catch(async (error) => {
    await app.close();
    throw error;
  });
  const clientPort = config.clientCertificates?.port;
  const aside =
    config.tls && clientPort !== undefined
      ? await serve({
          app: app.aside,
          port: clientPort,
          tls: { ...config.tls, ask: { authorities: config.clientCertificates?.authorities } },
        }).catch(async (error) => {
          await serving?.drain();
          await app.close();
          throw error;
        })
      : undefined;
  let leaving = false;
  const leave = async () => {
    if (leaving) return;
    leaving = true;
    // A store that no longer answers must not keep the process from ending.
    setTimeout(() => process.exit(1), LEAVING_MS).unref();
    await Promise.all([serving?.drain(), aside?.drain()]);
    await app.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void leave());
  process.on('SIGINT', () => void leave());
  console.log(greeting(config));
}

start().catch((error: Error) => {
  console.error(unstarted(error) ?? error);
  process.exit(1);
});
