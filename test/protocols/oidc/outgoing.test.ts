import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Clients } from '../../../src/protocols/oidc/clients.ts';
import { outgoing } from '../../../src/protocols/oidc/outgoing.ts';

let server: Server;
let origin: string;
let hits: string[];
beforeEach(async () => {
  hits = [];
  server = createServer((req, res) => {
    hits.push(req.url!);
    if (req.url === '/moved') res.writeHead(302, { location: '/elsewhere' });
    res.end();
  });
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const calling = (declared: string, more: { registered?: true } = {}) => {
  const wiki = { id: 'wiki', name: 'Wiki', protocol: 'oidc', thirdParty: false, disabled: false, ...more } as const;
  const application = { ...wiki, settings: { client_id: 'wiki', backchannel_logout_uri: declared } };
  return outgoing(new Clients({ byId: () => application, all: () => [application] }));
};

test('what an administrator declared is called on loopback too', async () => {
  expect((await calling(`${origin}/bcl`)(`${origin}/bcl`)).status).toBe(200);
});

test('and may not send us on to another address', async () => {
  expect((await calling(`${origin}/moved`)(`${origin}/moved`)).status).toBe(302);
  expect(hits).toEqual(['/moved']);
});

test('an address nobody declared is never called without the guard', async () => {
  await expect(calling(`${origin}/bcl`)(`${origin}/bcl?more`)).rejects.toThrow('guard');
  expect(hits).toEqual([]);
});

test("what a client registered itself is nobody else's declaration, and is called by https only", async () => {
  const call = calling(`${origin}/bcl`, { registered: true });
  await expect(call(`${origin}/bcl`)).rejects.toThrow('guard');
  await expect(call(`${origin}/bcl`, { dispatcher: {} } as RequestInit)).rejects.toThrow('https');
  expect(hits).toEqual([]);
});
