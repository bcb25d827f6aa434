import { decodeProtectedHeader } from 'jose';
import * as rp from 'openid-client';
import { byForce } from '../../support/kept-keys.ts';
import { ask, Chrome, client, type House, openHouse, redeem, refusal, signedIn, walk } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => {
  expect(house.faults).toEqual([]);
  house.close();
});

const published = async () => {
  const { keys } = (await (await fetch(`${house.issuer}/jwks`)).json()) as { keys: Record<string, string>[] };
  return keys;
};
const kids = async () => (await published()).map(({ kid }) => kid);
const kidOf = (jwt: string | undefined) => decodeProtectedHeader(jwt as string).kid;
const kidAtWork = (alg: string) => house.keys.keys().find((key) => key.state === 'current' && key.alg === alg)?.id;

test('publishes what signs, what will and what did, and of none of them the private half', async () => {
  await house.keys.rotate(byForce);
  const keys = await published();
  expect(keys.map(({ kid }) => kid)).toEqual(house.keys.keys().map(({ id }) => id));
  for (const key of keys) {
    expect(Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(name))).toEqual([]);
    expect([key.alg, key.use]).toEqual([expect.stringMatching(/^(RS|ES)256$/), 'sig']);
  }
});

test('after a change tokens of either algorithm are signed by keys that were published before', async () => {
  const before = await kids();
  await house.keys.rotate(byForce);
  const chrome = await signedIn(house, 'ana', 'password');
  const wiki = kidOf((await redeem(house, 'wiki', await ask(house, chrome, 'wiki'))).id_token);
  const calendar = kidOf((await redeem(house, 'calendar', await ask(house, chrome, 'calendar'))).id_token);
  expect([wiki, calendar]).toEqual([kidAtWork('RS256'), kidAtWork('ES256')]);
  expect(before.slice(2, 4)).toEqual([wiki, calendar]);
  expect(await kids()).toEqual(expect.arrayContaining(before));
});

test('a sign-in, a code, a refresh token and a session all survive it', async () => {
  const chrome = new Chrome();
  const page = await ask(house, chrome, 'mail', { scope: 'openid offline_access', prompt: 'consent' });
  await house.keys.rotate(byForce);
  const at = await walk(house, chrome, page, 'ana', 'password');
  await house.keys.rotate(byForce);
  const tokens = await redeem(house, 'mail', at);
  expect(kidOf(tokens.id_token)).toBe(kidAtWork('RS256'));
  await house.keys.rotate(byForce);
  const configuration = await client(house, 'mail');
  const fresh = await rp.refreshTokenGrant(configuration, tokens.refresh_token as string);
  expect(kidOf(fresh.id_token)).toBe(kidAtWork('RS256'));
  expect(kidOf(fresh.id_token)).not.toBe(kidOf(tokens.id_token));
  expect((await rp.fetchUserInfo(configuration, tokens.access_token, 'ana')).sub).toBe('ana');
  expect(refusal(await ask(house, chrome, 'wiki', { prompt: 'none' }))).toBeNull();
});

test('an ID token of old still says who signs out, and applications are told by the new key', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  const wiki = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
  const signed: (string | undefined)[] = [];
  house.heard = (token) => signed.push(kidOf(token));
  await house.keys.rotate(byForce);
  const bye = { id_token_hint: wiki.id_token as string, post_logout_redirect_uri: 'http://127.0.0.1:1/bye' };
  const page = await chrome.go(`${house.issuer}/session/end?${new URLSearchParams(bye)}`);
  const xsrf = /value="([^"]+)"/.exec(await page.text())?.[1] as string;
  await house.keys.rotate(byForce);
  const back = await chrome.go(`${house.issuer}/session/end/confirm`, { xsrf, logout: 'yes' });
  expect(back.to.href).toBe('http://127.0.0.1:1/bye');
  expect(signed).toEqual([kidAtWork('RS256')]);
});

test('a session that ends without its browser is told by the key of now', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
  const signed: (string | undefined)[] = [];
  house.heard = (token) => signed.push(kidOf(token));
  await house.keys.rotate(byForce);
  await house.sessions.endAll('ana', 'password changed');
  expect(signed).toEqual([kidAtWork('RS256')]);
});

test('no request fails while keys change under many at once', async () => {
  const chromes = await Promise.all([1, 2, 3, 4, 5, 6].map(() => signedIn(house, 'ana', 'password')));
  const flows = chromes.map(async (chrome) => {
    const tokens = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
    expect(house.keys.keys().map(({ id }) => id)).toContain(kidOf(tokens.id_token));
  });
  for (let n = 0; n < 5; n += 1) await house.keys.rotate(byForce);
  await Promise.all(flows);
});

test('after a leak the old keys are gone, and what they signed says nothing any more', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  const wiki = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
  const before = await kids();
  await house.keys.rotate({ force: false, leaked: true });
  expect((await kids()).filter((kid) => before.includes(kid))).toEqual([]);
  const page = await chrome.go(`${house.issuer}/session/end?id_token_hint=${wiki.id_token}`);
  expect(page.status).toBe(400);
});
