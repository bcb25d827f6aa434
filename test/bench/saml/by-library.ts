/** The server of library-server.ts as a process of its own, on a Redis of the bench. */
import { freshRedis } from '../../support/redis.ts';
import { freePort } from '../../support/stile.ts';
import { certified } from './certificate.ts';
import { group } from './process.ts';
import type { IdentityProvider } from './visitor.ts';

export async function startByLibrary(): Promise<IdentityProvider> {
  const [port, redis] = [await freePort(), await freshRedis()];
  const { certificate, key } = certified('xml-crypto');
  const origin = `http://localhost:${port}`;
  const servers = group('xml-crypto');
  const [loader, server] = ['../../support/typescript.mjs', './library-server.ts'].map(
    (path) => new URL(path, import.meta.url).pathname,
  ) as [string, string];
  servers.run(process.execPath, ['--import', loader, server], {
    ...{ PORT: String(port), REDIS_URL: redis.url, CERTIFICATE: certificate, KEY: key, NODE_ENV: 'production' },
  });
  await servers.answers(`${origin}/`);
  return {
    sso: `${origin}/sso`,
    entityId: `${origin}/metadata`,
    certificate,
    pids: servers.pids,
    stop: servers.stop,
    async signIn() {
      const response = await fetch(`${origin}/sign-in`);
      return (response.headers.getSetCookie()[0] as string).split(';')[0] as string;
    },
  };
}
