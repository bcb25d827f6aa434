/** Tokens signed by keys that are held elsewhere: the same tokens, and 503 for what waits for a signature. */
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as rp from 'openid-client';
import { StoreAway } from '../../../src/domain/store-away.ts';
import type { HeldKeys } from '../../../src/keys/held.ts';
import { heldTokenKeys } from '../../../src/protocols/oidc/keys.ts';
import { keptKeys } from '../../support/kept-keys.ts';
import { heldKey, holding } from '../../support/key-agent.ts';
import { ask, client, type House, notes, openHouse, redeem, redirect, secret, signedIn } from './house.ts';

const rs1 = heldKey('rs-1', 'RS256');
const es1 = heldKey('es-1', 'ES256');
const rs2 = heldKey('rs-2', 'RS256', 'next');
const holder = holding();
let keys: HeldKeys;
let house: House;

beforeEach(async () => {
  Object.assign(holder, { list: [rs1, es1, rs2], fails: undefined, forged: undefined });
  const terms = { rotateEvery: 0, overlap: 86_400, every: 86_400_000, store: keptKeys(), now: Date.now };
  keys = await heldTokenKeys({ ...terms, holder });
  house = await openHouse(keys);
});
afterEach(() => {
  keys.stop();
  house.close();
});

const kidOf = (jwt: string | undefined) => decodeProtectedHeader(jwt as string).kid;
const kidAtWork = (alg: string) => keys.keys().find((key) => key.state === 'current' && key.alg === alg)?.id;
const jwks = () => createRemoteJWKSet(new URL(`${house.issuer}/jwks`));
const away = new StoreAway('the agent that holds keys');

/** What the token endpoint answers, as it comes. */
async function token(body: Record<string, string>, id: string) {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const answer = await fetch(`${house.issuer}/token`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams(body),
  });
  const said = (await answer.json()) as Record<string, string>;
  return { status: answer.status, retry: answer.headers.get('retry-after'), said };
}
const code = (at: URL) => ({
  grant_type: 'authorization_code',
  code: at.searchParams.get('code') as string,
  redirect_uri: redirect,
  code_verifier: 'v'.repeat(43),
});

test('publishes all of them, and nothing else', async () => {
  const { keys: published } = (await (await fetch(`${house.issuer}/jwks`)).json()) as { keys: object[] };
  expect(published).toEqual(keys.keys().map(({ id, alg, jwk }) => ({ ...jwk, alg, kid: id, use: 'sig' })));
  expect(published.length).toBe(3);
});

test('ID tokens of either algorithm and access tokens for APIs are signed by them', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  const wiki = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
  const calendar = await redeem(house, 'calendar', await ask(house, chrome, 'calendar'));
  expect([kidOf(wiki.id_token), kidOf(calendar.id_token)]).toEqual([kidAtWork('RS256'), kidAtWork('ES256')]);
  for (const jwt of [wiki.id_token, calendar.id_token])
    await jwtVerify(jwt as string, jwks(), { issuer: house.issuer });
  const robot = await rp.clientCredentialsGrant(await client(house, 'robot'), { resource: notes });
  const { protectedHeader } = await jwtVerify(robot.access_token, jwks(), { issuer: house.issuer, audience: notes });
  expect(protectedHeader).toEqual({ alg: 'RS256', kid: kidAtWork('RS256'), typ: 'at+jwt' });
  expect(house.faults).toEqual([]);
});

test('an ID token says who signs out, and sessions that end are told to applications', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  const wiki = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
  const signed: (string | undefined)[] = [];
  house.heard = (jwt) => signed.push(kidOf(jwt));
  const page = await chrome.go(`${house.issuer}/session/end?id_token_hint=${wiki.id_token}`);
  expect(page.status).toBe(200);
  await house.sessions.endAll('ana', 'password changed');
  expect(signed).toEqual([kidAtWork('RS256')]);
});

test('a change by the holder is followed, and published with new bytes', async () => {
  const before = await (await fetch(`${house.issuer}/jwks`)).text();
  const next = keys.keys().find(({ state }) => state === 'next')?.id;
  holder.list = [{ ...rs2, state: 'current' }, es1, { ...rs1, state: 'previous' }];
  await keys.refresh();
  const chrome = await signedIn(house, 'ana', 'password');
  expect(kidOf((await redeem(house, 'wiki', await ask(house, chrome, 'wiki'))).id_token)).toBe(next);
  expect(await (await fetch(`${house.issuer}/jwks`)).text()).not.toBe(before);
});

test('while the holder is away a code and a refresh token are not spent, and nothing else stands still', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  const offline = { scope: 'openid offline_access', prompt: 'consent' };
  const page = await ask(house, chrome, 'mail', offline);
  const mailed = (await chrome.go((await chrome.prove(new URL(page.pathname, house.issuer), 'ana', 'password')).to)).to;
  const { refresh_token } = await redeem(house, 'mail', mailed);
  holder.fails = away;
  const at = await ask(house, chrome, 'wiki');
  const refreshing = { grant_type: 'refresh_token', refresh_token: refresh_token as string };
  for (const answer of [await token(code(at), 'wiki'), await token(refreshing, 'mail')]) {
    expect(answer).toMatchObject({ status: 503, retry: '5', said: { error: 'temporarily_unavailable' } });
  }
  expect((await token({ grant_type: 'client_credentials', resource: notes }, 'robot')).status).toBe(503);
  const opaque = await token({ grant_type: 'client_credentials', resource: `${house.issuer}/admin/api` }, 'robot');
  expect([opaque.status, (await fetch(`${house.issuer}/jwks`)).status]).toEqual([200, 200]);
  holder.fails = undefined;
  expect(kidOf((await token(code(at), 'wiki')).said.id_token)).toBe(kidAtWork('RS256'));
  expect((await token(refreshing, 'mail')).status).toBe(200);
  // Nobody's fault here: nothing is told as one.
  expect(house.faults).toEqual([]);
});

test('a holder that lies is told as a fault, and no token leaves', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  holder.forged = () => Buffer.alloc(256);
  const { status, said } = await token(code(await ask(house, chrome, 'wiki')), 'wiki');
  expect([status, said]).toEqual([500, { error: 'server_error', error_description: expect.any(String) }]);
  expect(house.faults).toMatchObject([{ name: 'HolderWrong' }]);
});
