/** Fetching metadata from servers that are slow, large, away, or send us where nobody declared. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { isSpecial } from '../../../../src/protocols/saml/providers/addresses.ts';
import { download } from '../../../../src/protocols/saml/providers/download.ts';

let server: Server;
let url: string;
let folder: string;
let answer: (req: IncomingMessage, res: ServerResponse) => void;
beforeAll(async () => {
  server = createServer((req, res) => answer(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/metadata`;
  folder = mkdtempSync(join(tmpdir(), 'stile-download-'));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const to = () => join(folder, 'copy.xml');
const fetch = (more: Partial<Parameters<typeof download>[0]> = {}) => download({ url, to: to(), most: 1000, ...more });

test('what an administrator declared may lie on this machine', async () => {
  answer = (_req, res) => res.setHeader('etag', '"1"').end('<a/>');
  expect(await fetch()).toMatchObject({ etag: '"1"' });
  expect(readFileSync(to(), 'utf8')).toBe('<a/>');
});

test('what has not changed is not fetched again', async () => {
  answer = (req, res) => res.writeHead(req.headers['if-none-match'] === '"1"' ? 304 : 200).end('<a/>');
  expect(await fetch({ unless: { etag: '"1"' } })).toBeUndefined();
  expect(await fetch({ unless: { etag: '"0"' } })).toEqual({});
});

test('compressed, it is unpacked', async () => {
  answer = (_req, res) => res.setHeader('content-encoding', 'gzip').end(gzipSync('<a/>'));
  await fetch();
  expect(readFileSync(to(), 'utf8')).toBe('<a/>');
});

test.each<[string, (req: IncomingMessage, res: ServerResponse) => void, RegExp]>([
  ['an error', (_req, res) => res.writeHead(503).end(), /answers 503/],
  ['an answer to a question nobody asked', (_req, res) => res.writeHead(304).end(), /answers 304/],
  ['more than it may be', (_req, res) => res.end('x'.repeat(1001)), /larger than 1000 bytes/],
  [
    'little that unpacks to more than it may be',
    (_req, res) => res.setHeader('content-encoding', 'gzip').end(gzipSync('x'.repeat(1_000_000))),
    /larger than 1000 bytes/,
  ],
  ['half of it', (_req, res) => res.writeHead(200, { 'content-length': '100' }).write('<a', () => res.destroy()), /./],
  [
    'elsewhere without https',
    (_req, res) => res.writeHead(302, { location: 'http://id.example/' }).end(),
    /redirects to http:\/\/id\.example, which is not https/,
  ],
  [
    'to our own network',
    (_req, res) => res.writeHead(302, { location: 'https://169.254.169.254/latest' }).end(),
    /169\.254\.169\.254, a special-use address/,
  ],
  [
    'to our own network by IPv6',
    (_req, res) => res.writeHead(307, { location: 'https://[::ffff:10.0.0.1]/' }).end(),
    /special-use address/,
  ],
  [
    'to a name of our own network',
    (_req, res) => res.writeHead(301, { location: 'https://localhost:1/' }).end(),
    /localhost \((127\.0\.0\.1|::1)\), a special-use address/,
  ],
  ['nowhere', (_req, res) => res.writeHead(302, { location: 'https://' }).end(), /redirects to no address/],
])('a server that gives %s', async (_what, giving, why) => {
  answer = giving;
  await expect(fetch()).rejects.toThrow(why);
});

test('a server that is away', async () => {
  await expect(fetch({ url: 'http://127.0.0.1:1/' })).rejects.toThrow('ECONNREFUSED');
});

test.each([
  ...['10.1.2.3', '127.0.0.1', '169.254.169.254', '192.168.0.1', '172.31.0.1', '100.64.0.1', '0.0.0.0', '224.0.0.1'],
  ...['255.255.255.255', '::1', '::', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1', '::ffff:a00:1', '64:ff9b::a00:1'],
  ...['2002:a00:1::', 'ff02::1', '2001:db8::1', 'fec0::1', '::7f00:1'],
])('%s is for special use', (address) => {
  expect(isSpecial(address)).toBe(true);
});

test.each(['8.8.8.8', '172.32.0.1', '193.0.0.1', '2a00:1450::1', '2606:4700::1111', '::ffff:8.8.8.8'])(
  '%s is anybody',
  (address) => {
    expect(isSpecial(address)).toBe(false);
  },
);
