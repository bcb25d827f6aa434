import { pageHeaders } from '../../src/web/headers.ts';
import { exchange } from './exchange.ts';

function headersOf(page: { secure: boolean; formAction?: string[] }) {
  const { res } = exchange();
  pageHeaders(res, page);
  return res.getHeaders();
}

test('no page runs or loads anything but our own files, and none can be framed', () => {
  expect(headersOf({ secure: false })['content-security-policy']).toBe(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
});

test.each([
  ['https://wiki.example/callback?x=1', 'https://wiki.example'],
  ['http://localhost:3000/cb', 'http://localhost:3000'],
  ['com.example.app:/callback', 'com.example.app:'],
  ['http://[::1]:8080/cb', 'http:'],
])('lets the form of a page lead to %s', (url, source) => {
  expect(headersOf({ secure: true, formAction: [url] })['content-security-policy']).toContain(
    `form-action 'self' ${source};`,
  );
});

test('a redirect URI cannot write into the policy', () => {
  const policy = headersOf({ secure: true, formAction: ['https://a.example; script-src *', 'not a url'] });
  expect(policy['content-security-policy']).toContain("form-action 'self';");
});

test('pages are not stored, not sniffed, and send their address to nobody else', () => {
  expect(headersOf({ secure: false })).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'x-frame-options': 'DENY',
  });
});

test('HSTS comes with https and only with it', () => {
  expect(headersOf({ secure: true })['strict-transport-security']).toBe('max-age=31536000');
  expect(headersOf({ secure: false })).not.toHaveProperty('strict-transport-security');
});
