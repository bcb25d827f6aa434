import { browserHash, browserOf } from '../../src/web/browser.ts';
import { exchange } from './exchange.ts';

const web = { secure: false, address: () => '192.0.2.7' };
const id = 'A'.repeat(32);

describe('the browser of a request', () => {
  test('is the same object for the same request, whoever asks', () => {
    const { req, res } = exchange();
    expect(browserOf(req, res, web)).toBe(browserOf(req, res, web));
  });

  test('has the id and session its cookies name, the address and the languages', () => {
    const headers = {
      cookie: `stile_browser=${id}; stile=sid.secret; stile_lang=de`,
      'accept-language': 'fr, en;q=0.5',
    };
    const { req, res } = exchange(headers);
    const browser = browserOf(req, res, web);
    expect(browser).toMatchObject({ id, session: 'sid.secret', address: '192.0.2.7', languages: ['de', 'fr', 'en'] });
  });

  test.each(['short', `${id}!`, 'x'.repeat(65), ''])('takes a malformed browser cookie (%s) as absent', (cookie) => {
    const { req, res } = exchange({ cookie: `stile_browser=${cookie}` });
    expect(browserOf(req, res, web).id).toBeUndefined();
  });

  test('takes a session cookie of the wrong shape as absent', () => {
    const { req, res } = exchange({ cookie: `stile=${'x'.repeat(300)}` });
    expect(browserOf(req, res, web).session).toBeUndefined();
  });

  test('reads only __Host- cookies when the issuer is https, so that no sibling domain plants one', () => {
    const { req, res } = exchange({ cookie: `stile_browser=${id}; stile=sid.planted` });
    const browser = browserOf(req, res, { ...web, secure: true });
    expect(browser.id).toBeUndefined();
    expect(browser.session).toBeUndefined();
  });

  test('keeps no more than 256 characters of what the browser calls itself', () => {
    const { req, res } = exchange({ 'user-agent': 'x'.repeat(5000) });
    expect(browserOf(req, res, web).agent).toHaveLength(256);
  });

  test('is bound once, by an unguessable id that stays for a year', () => {
    const { req, res, cookies } = exchange();
    const browser = browserOf(req, res, web);
    const bound = browser.bind();
    expect(browser.bind()).toBe(bound);
    expect(browser.id).toBe(bound);
    expect(bound).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(cookies()).toEqual([expect.stringMatching(/^stile_browser=.*Max-Age=31536000$/)]);
  });

  test('shows the session it keeps or drops within the same request', () => {
    const { req, res, cookies } = exchange({ cookie: 'stile=sid.old' });
    const browser = browserOf(req, res, web);
    browser.keepSession('sid.new', 3600);
    expect(browser.session).toBe('sid.new');
    expect(cookies()[0]).toContain('stile=sid.new;');
    browser.dropSession();
    expect(browser.session).toBeUndefined();
    expect(cookies()).toEqual([expect.stringContaining('Max-Age=0')]);
  });
});

test('what is stored of a browser id is its hash, never the id', () => {
  expect(browserHash(id)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(browserHash(id)).not.toContain(id);
});
