import { csrf, sameOrigin } from '../../src/web/csrf.ts';
import { exchange } from './exchange.ts';

const tokens = csrf([Buffer.alloc(32, 7)]);
const given = tokens.token('ana', 'signin/7Q');

test("accepts the token of this browser's form", () => {
  expect(tokens.check('ana', 'signin/7Q', given)).toBe(true);
});

test.each([
  ['another browser', 'tom', 'signin/7Q', given],
  ['another form', 'ana', 'account', given],
  ['a browser without an id', undefined, 'signin/7Q', given],
  ['no token', 'ana', 'signin/7Q', undefined],
  ['an empty token', 'ana', 'signin/7Q', ''],
  ['a cut token', 'ana', 'signin/7Q', given.slice(0, -4)],
  ['junk', 'ana', 'signin/7Q', '%%%'],
])('refuses %s', (_what, browser, purpose, token) => {
  expect(tokens.check(browser, purpose, token)).toBe(false);
});

test('refuses a token made under another key, and one whose parts were moved across the separator', () => {
  expect(csrf([Buffer.alloc(32, 8)]).check('ana', 'signin/7Q', given)).toBe(false);
  expect(tokens.check('a', 'b","c', tokens.token('a","b', 'c'))).toBe(false);
});

test('a token made before the key changed is accepted as long as the old key is kept, and new ones are by the new', () => {
  const after = csrf([Buffer.alloc(32, 8), Buffer.alloc(32, 7)]);
  expect(after.check('ana', 'signin/7Q', given)).toBe(true);
  expect(after.check('tom', 'signin/7Q', given)).toBe(false);
  expect(tokens.check('ana', 'signin/7Q', after.token('ana', 'signin/7Q'))).toBe(false);
  expect(csrf([Buffer.alloc(32, 8)]).check('ana', 'signin/7Q', after.token('ana', 'signin/7Q'))).toBe(true);
});

describe('where a request says it comes from', () => {
  const from = (headers: Record<string, string>) => sameOrigin(exchange(headers).req, 'https://id.example');
  test.each([
    ['nothing said, as old browsers do', {}, true],
    ['the same origin', { 'sec-fetch-site': 'same-origin' }, true],
    ['typed by the person', { 'sec-fetch-site': 'none' }, true],
    ['another site', { 'sec-fetch-site': 'cross-site' }, false],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }, false],
    ['our Origin', { origin: 'https://id.example' }, true],
    ['another Origin', { origin: 'https://evil.example' }, false],
    ['a null Origin', { origin: 'null' }, false],
  ])('%s', (_what, headers, expected) => {
    expect(from(headers as Record<string, string>)).toBe(expected);
  });
});
