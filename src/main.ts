/** Reads the configuration, builds, listens, and drains on SIGTERM. */
import { buildApp } from './app.ts';
import { ConfigurationError, loadConfig } from './config.ts';
import { greeting } from './greeting.ts';
import { logger } from './log.ts';
import { type Serving, serve } from './web/server.ts';

/** Draining has ten seconds of its own; closing the stores gets five more. */
const LEAVING_MS = 15_000;

async function start(): Promise<void> {
  const config = loadConfig({ env: process.env });
  const log = logger(config.log.level);
  let serving: Serving | undefined;
  const app = await buildApp(config, log, () => serving?.draining() ?? false);
  serving = await serve({
    app: app.listener,
    port: config.port,
    ...(config.host ? { host: config.host } : {}),
    ...(config.tls ? { tls: config.tls } : {}),
  }).catch(async (error) => {
    await app.close();
    throw error;
  });
  console.log(greeting(config));
  let leaving = false;
  const leave = async () => {
    if (leaving) return;
    leaving = true;
    // A store that no longer answers must not keep the process from ending.
    setTimeout(() => process.exit(1), LEAVING_MS).unref();
    await serving?.drain();
    await app.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void leave());
  process.on('SIGINT', () => void leave());
}

start().catch((error: NodeJS.ErrnoException) => {
  if (error instanceof ConfigurationError) console.error(error.message);
  else if (error.code === 'EADDRINUSE')
    console.error(`${error.message}: another program has this port. Set PORT to take another.`);
  else console.error(error.name === 'StoreAway' || error.name === 'FolderInUse' ? error.message : error);
  process.exit(1);
});
