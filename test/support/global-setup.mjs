import { findChromium } from './chromium.mjs';
import { startPostgres } from './postgres-server.mjs';
import { startRedis } from './redis-server.mjs';
import { findSchemas, findXmlsec } from './saml-tools.mjs';

/**
 * The tests talk to a real PostgreSQL, a real Redis and a real Chromium, and have xmlsec1 and the schemas of SAML judge our
 * messages. What the environment does not name is found or started here, on free ports and in folders of its own, and ended
 * by global-teardown.mjs. What cannot be had stops the run.
 */
export default async function setup() {
  const started = [];
  globalThis.stileTestServers = started;
  const start = async (variable, starter) => {
    if (process.env[variable]) return;
    const server = await starter();
    started.push(server);
    process.env[variable] = server.url;
  };
  try {
    const { path, env } = findChromium();
    process.env.TEST_CHROMIUM_PATH = path;
    process.env.TEST_CHROMIUM_ENV = JSON.stringify(env);
    process.env.TEST_XMLSEC = JSON.stringify(findXmlsec());
    process.env.TEST_SAML_SCHEMAS = findSchemas().join(':');
    await start('TEST_REDIS_URL', startRedis);
    await start('TEST_DATABASE_URL', startPostgres);
  } catch (error) {
    await Promise.all(started.map((server) => server.stop()));
    throw error;
  }
}
