import * as rp from 'openid-client';
import { ask, Chrome, client, type House, openHouse, redeem, refusal, signedIn } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => {
  expect(house.faults).toEqual([]);
  house.close();
});
const silent = { prompt: 'none' };
const sidOf = (chrome: Chrome) => chrome.jar.get('stile')!.split('.')[0]!;

/** What the form of the sign-out page posts. */
async function leave(chrome: Chrome, query: Record<string, string>, yes: boolean) {
  const page = await chrome.go(`${house.issuer}/session/end?${new URLSearchParams(query)}`);
  const xsrf = /value="([^"]+)"/.exec(await page.text())![1]!;
  return chrome.go(`${house.issuer}/session/end/confirm`, { xsrf, ...(yes ? { logout: 'yes' } : {}) });
}

test('"yes" signs out everywhere: every application that took part is told, tokens die, the cookie goes', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  const wiki = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
  const mail = await redeem(house, 'mail', await ask(house, chrome, 'mail'));
  const bye = { id_token_hint: wiki.id_token!, post_logout_redirect_uri: 'http://127.0.0.1:1/bye', state: 'x' };
  const back = await leave(chrome, bye, true);
  expect(back.to.href).toBe('http://127.0.0.1:1/bye?state=x');
  expect(house.told.sort()).toEqual([`mail ana ${mail.claims()!.sid}`, `wiki ana ${wiki.claims()!.sid}`]);
  expect(chrome.jar.has('stile')).toBe(false);
  await expect(rp.fetchUserInfo(await client(house, 'mail'), mail.access_token, 'ana')).rejects.toThrow();
});

test('"no" signs out of that application alone', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  const wiki = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
  const mail = await redeem(house, 'mail', await ask(house, chrome, 'mail'));
  await leave(chrome, { id_token_hint: wiki.id_token! }, false);
  expect(house.told).toEqual([`wiki ana ${wiki.claims()!.sid}`]);
  await expect(rp.fetchUserInfo(await client(house, 'wiki'), wiki.access_token, 'ana')).rejects.toThrow();
  expect((await rp.fetchUserInfo(await client(house, 'mail'), mail.access_token, 'ana')).sub).toBe('ana');
  expect(refusal(await ask(house, chrome, 'wiki', silent))).toBeNull();
  await expect(rp.fetchUserInfo(await client(house, 'wiki'), wiki.access_token, 'ana')).rejects.toThrow();
});

test('works for somebody who is signed out already', async () => {
  const chrome = new Chrome();
  const query = { client_id: 'wiki', post_logout_redirect_uri: 'http://127.0.0.1:1/bye' };
  const page = await chrome.go(`${house.issuer}/session/end?${new URLSearchParams(query)}`);
  expect(page.headers.get('content-security-policy')).toContain("form-action 'self' http://127.0.0.1:1;");
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())![1]!;
  const back = await chrome.go(`${house.issuer}/session/end/confirm`, { xsrf, logout: 'yes' });
  expect(back.to.href).toBe('http://127.0.0.1:1/bye');
});

test('by POST as well as by GET', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  const sent = await chrome.go(`${house.issuer}/session/end`, { client_id: 'wiki' });
  expect([sent.status, sent.to.search]).toEqual([303, '?client_id=wiki']);
});

test('another page cannot sign ana out by guessing the form', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  await chrome.go(`${house.issuer}/session/end`);
  const forged = await chrome.go(`${house.issuer}/session/end/confirm`, { xsrf: 'guess', logout: 'yes' });
  expect(forged.status).toBe(400);
  expect(await house.sessions.bySid(sidOf(chrome))).toBeDefined();
});

test('an unregistered post_logout_redirect_uri is refused on a page', async () => {
  const query = new URLSearchParams({ client_id: 'wiki', post_logout_redirect_uri: 'http://evil.example/' });
  expect((await new Chrome().go(`${house.issuer}/session/end?${query}`)).status).toBe(400);
});

test('an end of another kind tells everybody too, and one that does not answer holds nobody up', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  const wiki = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
  const mail = house.applications.get('mail')!;
  house.applications.set('mail', {
    ...mail,
    settings: { ...mail.settings, backchannel_logout_uri: 'http://127.0.0.1:1/nobody' },
  });
  await ask(house, chrome, 'mail');
  await house.sessions.end(sidOf(chrome), 'ended by its owner');
  expect(house.told).toEqual([`wiki ana ${wiki.claims()!.sid}`]);
  expect(house.untold).toEqual(['mail']);
  expect(refusal(await ask(house, chrome, 'wiki', silent))).toBe('login_required');
});

describe('where others can be told through the browser alone', () => {
  const bye = { client_id: 'wiki', post_logout_redirect_uri: 'http://127.0.0.1:1/bye', state: 'x' };

  test('"yes" leads round by them, with the session that ended, and on to where it was going', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    await ask(house, chrome, 'wiki');
    const ended: (string | undefined)[] = [];
    house.farewell = (session, then) => {
      ended.push(session?.user);
      return `/round?${new URLSearchParams({ then })}`;
    };
    const back = await leave(chrome, bye, true);
    expect([back.status, back.to.pathname]).toEqual([303, '/round']);
    expect(back.to.searchParams.get('then')).toBe('http://127.0.0.1:1/bye?state=x');
    // By then everybody else has been told, and the browser is nobody.
    expect([ended, house.told, chrome.jar.has('stile')]).toEqual([
      ['ana'],
      [expect.stringMatching('^wiki ana')],
      false,
    ]);
  });

  test('"no" leads there at once', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    await ask(house, chrome, 'wiki');
    house.farewell = () => '/round';
    expect((await leave(chrome, bye, false)).to.pathname).toBe('/bye');
  });

  test('somebody signed out already comes by the rest of a round that was broken off', async () => {
    const chrome = new Chrome();
    house.farewell = (session) => (session ? undefined : '/rest');
    const page = await chrome.go(`${house.issuer}/session/end?${new URLSearchParams(bye)}`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())![1]!;
    const back = await chrome.go(`${house.issuer}/session/end/confirm`, { xsrf, logout: 'yes' });
    expect(back.to.pathname).toBe('/rest');
  });
});
