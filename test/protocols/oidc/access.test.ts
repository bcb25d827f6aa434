import * as rp from 'openid-client';
import { ask, Chrome, client, type House, openHouse, walk } from './house.ts';

/** Access for our own API: what an access token has to be, and what ends it. */
let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const checks = { pkceCodeVerifier: 'v'.repeat(43), expectedState: 'st' };
const api = () => `${house.issuer}/admin/api`;

async function adminTokens(chrome = new Chrome(), scope = 'openid stile:admin') {
  const page = await ask(house, chrome, 'mail', { resource: api(), scope });
  const back = await walk(house, chrome, page, 'ana', 'password', 'totp');
  return rp.authorizationCodeGrant(await client(house, 'mail'), back, checks, { resource: api() });
}

/** What the API makes of a request with these headers. */
const call = (headers: Record<string, string>) => fetch(`${api()}/v1/users?x=1`, { headers });
const calledWith = (token: string) => call({ authorization: `Bearer ${token}` });

test('a person who may administer gets in with two factors, and is told apart', async () => {
  const { access_token } = await adminTokens();
  const answer = await calledWith(access_token);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    ...{ user: 'ana', client: 'mail', scopes: ['stile:admin'], sid: expect.any(String) },
    ...{ acr: 'urn:stile:acr:aal2', amr: ['mfa', 'otp', 'pwd'], authTime: expect.any(Number) },
  });
});

test('asking for it asks for two factors', async () => {
  await ask(house, new Chrome(), 'mail', { resource: api(), scope: 'openid stile:admin' });
  expect(house.door.asked.at(-1)?.wants).toEqual([
    { anyOf: [expect.objectContaining({ id: 'mfa' })], essential: true },
  ]);
});

test('who may not administer gets no token, person or machine', async () => {
  const chrome = new Chrome();
  const page = await ask(house, chrome, 'mail', { resource: api(), scope: 'openid stile:admin' });
  const back = await walk(house, chrome, page, 'ben', 'password', 'totp');
  expect(back.searchParams.get('error')).toBe('access_denied');
  const token = rp.clientCredentialsGrant(await client(house, 'drone'), { resource: api(), scope: 'stile:admin' });
  await expect(token).rejects.toMatchObject({ error: 'invalid_target' });
});

test('a machine with a role acts for itself', async () => {
  const { access_token } = await rp.clientCredentialsGrant(await client(house, 'robot'), {
    ...{ resource: api(), scope: 'stile:admin' },
  });
  expect(await (await calledWith(access_token)).json()).toEqual({ client: 'robot', scopes: ['stile:admin'] });
});

describe('a token is over as soon as', () => {
  let token: string;
  const chrome = new Chrome();
  beforeEach(async () => {
    token = (await adminTokens(chrome, 'openid offline_access stile:admin')).access_token;
    expect((await calledWith(token)).status).toBe(200);
  });
  afterEach(async () => {
    const answer = await calledWith(token);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });
  test('the person lost the role', () => void house.administrators.clear());
  test('the person was disabled', () => void house.users.set('ana', { ...house.users.get('ana')!, disabled: true }));
  test('the person is gone', () => void house.users.delete('ana'));
  test('the application was disabled', () => {
    house.applications.set('mail', { ...house.applications.get('mail')!, disabled: true });
  });
  test('the application may not have the API any more', () => {
    const mail = house.applications.get('mail')!;
    house.applications.set('mail', { ...mail, settings: { ...mail.settings, resources: [] } });
  });
  test('its Grant was taken back', () => house.tokens.rows.clear());
  test('it was revoked', async () => rp.tokenRevocation(await client(house, 'mail'), token));
});

test('a session that ends ends the token that was only for its time', async () => {
  const { access_token } = await adminTokens();
  const { sid } = (await (await calledWith(access_token)).json()) as { sid: string };
  await house.sessions.end(sid, 'signed out');
  expect((await calledWith(access_token)).status).toBe(401);
});

test('no token, a token elsewhere and a token for elsewhere are refused, each as RFC 6750 wants it', async () => {
  const bare = await call({});
  expect(bare.status).toBe(401);
  expect(bare.headers.get('www-authenticate')).toBe('Bearer scope="stile:admin"');
  const { access_token } = await adminTokens();
  expect((await fetch(`${api()}?access_token=${access_token}`)).status).toBe(401);
  for (const authorization of [
    `Basic ${access_token}`,
    `Bearer ${access_token} x`,
    'Bearer',
    'Bearer a.b.c',
    `DPoP ${access_token}`,
  ])
    expect((await call({ authorization })).status).toBe(401);

  const chrome = new Chrome();
  const back = await walk(house, chrome, await ask(house, chrome, 'mail'), 'ana', 'password', 'totp');
  const ordinary = await rp.authorizationCodeGrant(await client(house, 'mail'), back, checks);
  expect((await calledWith(ordinary.access_token)).status).toBe(401);
  expect((await calledWith(ordinary.id_token!)).status).toBe(401);
});

test('a token without the scope is not enough, and the answer names what is', async () => {
  const { access_token } = await rp.clientCredentialsGrant(await client(house, 'robot'), { resource: api() });
  const answer = await calledWith(access_token);
  expect(answer.status).toBe(403);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="stile:admin"');
});

test('the challenge of RFC 9470 is at hand for whatever needs a fresh proof', async () => {
  const { access_token } = await adminTokens();
  const answer = await fetch(`${api()}/fresh`, { headers: { authorization: `Bearer ${access_token}` } });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toMatch(
    /^Bearer error="insufficient_user_authentication", acr_values="phr", max_age="60", error_description="[^"]+"$/,
  );
});
