import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { demo } from '../../src/demo/demo.ts';
import { type Agreement, codeAt } from '../../src/methods/totp/code.ts';
import { views } from '../../src/web/views.ts';
import { Visitor } from './visitor.ts';

const root = join(import.meta.dirname, '../..');
const anasApp: Agreement = { secret: 'MFXGCLLPOZSXELLUNBSS253BNRWC2MBR', algorithm: 'SHA1', digits: 6 };
/** Thirteen seconds into a step. */
const at = Date.UTC(2026, 4, 14, 9, 31, 43);
const grouped = (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`;

let server: Server;
let home: string;
const visitor = new Visitor();

beforeAll(async () => {
  const pages = views({
    brand: { name: 'Stile' },
    dir: join(root, 'views'),
    locales: join(root, 'locales'),
    secure: false,
    asset: (name) => `/assets/${name}`,
    dev: true,
  });
  const app = express().use(
    demo({
      views: pages,
      password: 'over-the-wall',
      people: [
        { username: 'ana', name: 'Ana Silva', has: 'Authenticator app', app: anasApp },
        { username: 'mei', name: 'Mei Tanaka', has: 'Password only: is walked through setting up' },
      ],
      applications: [{ name: 'Wiki', href: '/demo/wiki/', about: 'OpenID Connect' }],
      now: () => at,
    }),
  );
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  home = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('the home says what to open, as whom and with which password', async () => {
  await visitor.open(home);
  expect(visitor.status).toBe(200);
  for (const said of ['href="/demo/wiki/"', '<code>ana</code>', '<code>mei</code>', '<code>over-the-wall</code>']) {
    expect(visitor.html).toContain(said);
  }
});

test("shows ana's code of now and of the next half minute, so that one can be used after the other", async () => {
  await visitor.open(home);
  expect(visitor.html).toContain(`>${grouped(codeAt(anasApp, at))}</code> <small>for 17 more seconds`);
  expect(visitor.html).toContain(`>${grouped(codeAt(anasApp, at + 17_000))}</code>`);
  expect(visitor.html).toContain('MFXG CLLP OZSX ELLU NBSS 253B NRWC 2MBR');
});

test('mei, setting one up without a phone, gets the code of the key she copied as it was written', async () => {
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
  await visitor.open(`${home}authenticator?key=${encodeURIComponent('jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp')}`);
  expect(visitor.html).toContain(grouped(codeAt({ ...anasApp, secret }, at)));
});

test.each(['no key 0189', '<script>', 'A'.repeat(500)])(
  'says what a key looks like when it is not one: %s',
  async (key) => {
    await visitor.open(`${home}authenticator?key=${encodeURIComponent(key)}`);
    expect(visitor.status).toBe(200);
    expect(visitor.html).toContain('That is not a key.');
    expect(visitor.html).not.toContain('<script>');
  },
);
