import express from 'express';
import { errors } from '../../src/web/errors.ts';
import { healthRoutes } from '../../src/web/health.ts';
import { anyone, routes } from '../../src/web/routes.ts';
import { serve } from '../../src/web/server.ts';
import { files, strictViews } from './pages.ts';

async function running(checks: Record<string, () => Promise<boolean>> = {}, linger = 0) {
  const app = express();
  let release = () => {};
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  let draining = () => false;
  const { handler, notFound } = errors({ views: strictViews, log: { error() {}, warn() {}, info() {} } });
  healthRoutes(routes(app), checks, () => draining());
  routes(app)
    .get('/assets/:file', anyone, files.handler)
    .get('/slow', anyone, async (_req, res) => {
      await slow;
      res.send('done');
    })
    .get(
      '/closed',
      (_req, res) => void res.status(403).send('closed'),
      (_req, res) => void res.send('open'),
    )
    .get('/broken', anyone, async () => {
      throw new Error('a bug');
    });
  app.use(notFound, handler);
  const serving = await serve({ app, port: 0, host: '127.0.0.1', linger });
  draining = serving.draining;
  return { ...serving, release, at: (path: string) => `http://127.0.0.1:${serving.port}${path}` };
}

test('is alive, and ready only when everything it needs answers', async () => {
  const server = await running({
    database: async () => true,
    kv: async () => {
      throw new Error('away');
    },
  });
  expect((await fetch(server.at('/healthz'))).status).toBe(200);
  const ready = await fetch(server.at('/readyz'));
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({ ready: false, database: 'ready', kv: 'away' });
  await server.drain();
});

test('behind a proxy it says that it is leaving while it still answers, then shuts the door', async () => {
  const server = await running({}, 300);
  const drained = server.drain();
  const leaving = await fetch(server.at('/readyz'));
  expect([leaving.status, await leaving.json()]).toEqual([503, { ready: false, draining: true }]);
  await drained;
  await expect(fetch(server.at('/readyz'))).rejects.toThrow();
});

test('a route lets on only whom its guard lets on', async () => {
  const server = await running();
  expect(await (await fetch(server.at('/closed'))).text()).toBe('closed');
  await server.drain();
});

test('an unknown page, a malformed path and a bug get pages', async () => {
  const server = await running();
  const status = async (path: string) => (await fetch(server.at(path))).status;
  expect(await status('/nowhere')).toBe(404);
  expect(await status('/assets/%E0%A4')).toBe(400);
  expect(await status('/broken')).toBe(500);
  await server.drain();
});

test('drains: finishes what is in flight, takes nothing new', async () => {
  const server = await running();
  const inFlight = fetch(server.at('/slow'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const drained = server.drain();
  expect(server.draining()).toBe(true);
  await expect(fetch(server.at('/healthz'))).rejects.toThrow();
  server.release();
  const answer = await inFlight;
  expect(answer.headers.get('connection')).toBe('close');
  expect(await answer.text()).toBe('done');
  await drained;
});

test('refuses to start on a port that is taken', async () => {
  const server = await running();
  await expect(serve({ app: () => {}, port: server.port, host: '127.0.0.1' })).rejects.toThrow('EADDRINUSE');
  await server.drain();
});

describe('assets', () => {
  test('are kept for a year under their hash, and only there', async () => {
    const server = await running();
    const lasting = await fetch(server.at(files.href('stile.css')));
    expect(lasting.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(lasting.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(lasting.headers.get('content-encoding')).toBe('gzip');
    const plain = await fetch(server.at('/assets/stile.css'), { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await plain.text()).toContain('--accent');
    const again = await fetch(server.at('/assets/stile.css'), {
      // Left to itself, fetch would ask for a fresh copy whenever it is given a validator.
      headers: {
        'cache-control': 'max-age=0',
        'accept-encoding': 'identity',
        'if-none-match': plain.headers.get('etag') as string,
      },
    });
    expect(again.status).toBe(304);
    await server.drain();
  });

  test('are files of ours by their name and nothing else', async () => {
    const server = await running();
    for (const name of ['nothing.css', '..%2fpackage.json', '__proto__', 'stile.css%2f..']) {
      expect((await fetch(server.at(`/assets/${name}`))).status).toBe(404);
    }
    expect(() => files.href('nothing.css')).toThrow('no asset nothing.css');
    await server.drain();
  });

  test('a logo opened by itself can run no script', async () => {
    const server = await running();
    const logo = await fetch(server.at('/assets/mark.svg'));
    expect(logo.headers.get('content-security-policy')).toMatch(/^default-src 'none';.* sandbox$/);
    await server.drain();
  });
});
