import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import * as rp from 'openid-client';
import type { Browser } from '../../../src/authentication/authentication.ts';
import type { Application } from '../../../src/domain/application.ts';
import { successors } from '../../../src/protocols/oidc/successor.ts';
import { reuseRecorder } from '../../../src/protocols/oidc/tokens.ts';
import { visiting } from '../../../src/protocols/oidc/visit.ts';
import { ask, client, type House, openHouse, redeem, redirect, refusal, secret, signedIn, walk } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => {
  expect(house.faults).toEqual([]);
  house.close();
});
const refeds = 'https://refeds.org/profile/mfa';
const basic = { authorization: `Basic ${Buffer.from(`mail:${secret}`).toString('base64')}` };
const post = async (path: string, body: Record<string, string>, headers: Record<string, string> = {}) => {
  const answer = await fetch(house.issuer + path, { method: 'POST', headers, body: new URLSearchParams(body) });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : undefined, headers: answer.headers };
};
const introspect = async (token: string) => (await post('/token/introspection', { token }, basic)).body;
const refresh = (token: string) => post('/token', { grant_type: 'refresh_token', refresh_token: token }, basic);

describe('an authorization code', () => {
  test("of four requests with ana's code at most one wins, and the replay ends what it got", async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const at = await ask(house, chrome, 'wiki');
    const all = await Promise.allSettled([1, 2, 3, 4].map(() => redeem(house, 'wiki', at)));
    const won = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(won.length).toBeLessThanOrEqual(1);
    for (const tokens of won) {
      await expect(rp.fetchUserInfo(await client(house, 'wiki'), tokens.access_token, 'ana')).rejects.toThrow();
    }
    const reused = house.events.filter((event) => event.type === 'token.reused');
    expect(reused.length).toBeGreaterThan(0);
    expect(reused[0]).toMatchObject({ user: 'ana', application: 'wiki', address: '192.0.2.7' });
  });

  test('used again is on record under the id of the application, which its client_id need not be', async () => {
    const events: object[] = [];
    const record = reuseRecorder(
      { record: async (event) => void events.push(event) },
      { application: (id) => (id === 'w-123' ? ({ id: 'wiki' } as Application) : undefined) },
      () => 5,
    );
    await visiting({ address: '192.0.2.7' } as Browser, () =>
      record('AuthorizationCode', { accountId: 'ana', clientId: 'w-123' }),
    );
    expect(events).toMatchObject([{ type: 'token.reused', at: 5, user: 'ana', application: 'wiki' }]);
  });

  test('used again it revokes the tokens, and wiki still hears when the session ends', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const at = await ask(house, chrome, 'wiki');
    const tokens = await redeem(house, 'wiki', at);
    await expect(redeem(house, 'wiki', at)).rejects.toThrow();
    await expect(rp.fetchUserInfo(await client(house, 'wiki'), tokens.access_token, 'ana')).rejects.toThrow();
    await house.sessions.end(chrome.jar.get('stile')!.split('.')[0]!, 'ended by its owner');
    expect(house.told).toEqual([`wiki ana ${tokens.claims()!.sid}`]);
  });

  test('is dead once the session has ended', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const at = await ask(house, chrome, 'wiki');
    await house.sessions.end(chrome.jar.get('stile')!.split('.')[0]!, 'ended by its owner');
    await expect(redeem(house, 'wiki', at)).rejects.toThrow();
  });

  test('and tokens do not lie in the store by their value', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const at = await ask(house, chrome, 'wiki');
    const tokens = await redeem(house, 'wiki', at);
    const written = JSON.stringify(house.kv.trips) + house.kv.written.join();
    for (const value of [at.searchParams.get('code')!, tokens.access_token, chrome.jar.get('stile')!.split('.')[1]!]) {
      expect(written).not.toContain(value);
    }
  });
});

test('an access token that is looked at is not looked for among the refresh tokens', async () => {
  const chrome = await signedIn(house, 'ana', 'password');
  const tokens = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
  const asked: string[] = [];
  const { find } = house.tokens;
  house.tokens.find = (model, id) => {
    asked.push(model);
    return find.call(house.tokens, model, id);
  };
  expect(await introspect(tokens.access_token)).toMatchObject({ active: true });
  expect(asked).not.toContain('RefreshToken');
  expect(await introspect('unknown')).toEqual({ active: false });
  expect(asked).toContain('RefreshToken');
});

describe('a refresh token', () => {
  const offline = async () => {
    const chrome = await signedIn(house, 'ana', 'password', 'totp');
    const at = await ask(house, chrome, 'mail', { scope: 'openid offline_access', acr_values: refeds });
    return { chrome, tokens: await redeem(house, 'mail', at) };
  };

  test('is rotated, and says the same of the sign-in as the first time, whatever the session has become', async () => {
    const { chrome, tokens } = await offline();
    await signedInAgain(chrome);
    const { body } = await refresh(tokens.refresh_token!);
    expect(body.refresh_token).not.toBe(tokens.refresh_token);
    const [first, second] = [tokens.id_token!, body.id_token].map((jwt) => payload(jwt));
    for (const claim of ['acr', 'amr', 'auth_time', 'sid', 'sub']) expect(second[claim]).toEqual(first[claim]);
    expect(await introspect(body.access_token)).toMatchObject({
      active: true,
      acr: refeds,
      auth_time: first.auth_time,
    });
    expect(await introspect(body.refresh_token)).toMatchObject({
      active: true,
      acr: refeds,
      auth_time: first.auth_time,
    });
  });

  const publicly = (token: string) =>
    post('/token', { grant_type: 'refresh_token', refresh_token: token, client_id: 'spa' });
  const spas = async () =>
    redeem(house, 'spa', await ask(house, await signedIn(house, 'ana', 'password'), 'spa', { scope: 'openid' }));
  const kinds = () => house.events.flatMap(({ type }) => (type.startsWith('token.') ? [type] : []));

  test('of a client that proves nothing, used twice, ends the whole family, and is put on record', async () => {
    const tokens = await spas();
    const { body } = await publicly(tokens.refresh_token!);
    expect((await publicly(tokens.refresh_token!)).body.error).toBe('invalid_grant');
    expect((await publicly(body.refresh_token)).body.error).toBe('invalid_grant');
    expect(await introspect(body.access_token)).toEqual({ active: false });
    expect(kinds()).toEqual(['token.reused']);
  });

  test('of a client that proves nothing, used by twenty at once, serves at most one, and then nobody', async () => {
    const tokens = await spas();
    const all = await Promise.all(Array.from({ length: 20 }, () => publicly(tokens.refresh_token!)));
    const won = all.filter(({ status }) => status === 200);
    expect(won.length).toBeLessThanOrEqual(1);
    expect(all.filter(({ status }) => status >= 500)).toEqual([]);
    for (const { body } of won) expect((await publicly(body.refresh_token)).body.error).toBe('invalid_grant');
  });

  test('asked for again by a client that proved itself, which got no answer, gives the same successor once more', async () => {
    const { tokens } = await offline();
    const lost = (await refresh(tokens.refresh_token!)).body;
    const { body } = await refresh(tokens.refresh_token!);
    expect(body.refresh_token).toBe(lost.refresh_token);
    expect(kinds()).toEqual(['token.repeated']);
    expect((await refresh(body.refresh_token)).body.refresh_token).not.toBe(body.refresh_token);
  });

  test('asked for by twenty at once that proved themselves has one successor', async () => {
    const { tokens } = await offline();
    const all = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens.refresh_token!)));
    expect(new Set(all.map(({ body }) => body.refresh_token)).size).toBe(1);
    expect((await refresh(all[0]!.body.refresh_token)).status).toBe(200);
  });

  test.each([
    ['once its successor was used', async (next: string) => void (await refresh(next))],
    [
      'half a minute later',
      async () => {
        house.later = 30_001;
      },
    ],
  ])('used again %s ends the whole family, whoever uses it', async (_when, meanwhile) => {
    const { tokens } = await offline();
    const { body } = await refresh(tokens.refresh_token!);
    await meanwhile(body.refresh_token);
    expect((await refresh(tokens.refresh_token!)).body.error).toBe('invalid_grant');
    expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant');
    expect(await introspect(body.access_token)).toEqual({ active: false });
    expect(kinds()[0]).toBe('token.reused');
  });

  test('has a successor nobody can name who holds the token but not the key', async () => {
    const { tokens } = await offline();
    const { body } = await refresh(tokens.refresh_token!);
    const elsewhere = successors(randomBytes(32))(tokens.refresh_token!);
    expect(elsewhere).toHaveLength(body.refresh_token.length);
    expect(elsewhere).not.toBe(body.refresh_token);
  });

  test('with offline_access outlives the session; a first party needs no prompt=consent for it', async () => {
    const { chrome, tokens } = await offline();
    expect(tokens.scope).toContain('offline_access');
    await house.sessions.end(chrome.jar.get('stile')!.split('.')[0]!, 'ended by its owner');
    expect((await refresh(tokens.refresh_token!)).status).toBe(200);
  });

  test('without offline_access ends with the session', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const tokens = await redeem(house, 'mail', await ask(house, chrome, 'mail'));
    const { body } = await refresh(tokens.refresh_token!);
    expect(body.access_token).toEqual(expect.any(String));
    await house.sessions.end(chrome.jar.get('stile')!.split('.')[0]!, 'ended by its owner');
    expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant');
  });

  test('a third party gets offline_access only with prompt=consent', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    house.door.agreed.add('ana');
    const quiet = await redeem(house, 'shop', await ask(house, chrome, 'shop', { scope: 'openid offline_access' }));
    expect(quiet.scope).toBe('openid');
    const page = await ask(house, chrome, 'shop', { scope: 'openid offline_access', prompt: 'consent' });
    const agreed = await redeem(house, 'shop', await walk(house, chrome, page, 'ana', 'password'));
    expect(agreed.scope).toContain('offline_access');
  });

  test('stops working when ana is disabled', async () => {
    const { tokens } = await offline();
    house.users.set('ana', { ...house.users.get('ana')!, disabled: true });
    expect((await refresh(tokens.refresh_token!)).body.error).toBe('invalid_grant');
  });

  test('revoked is revoked, by its own client only', async () => {
    const { tokens } = await offline();
    const theirs = { authorization: `Basic ${Buffer.from(`wiki:${secret}`).toString('base64')}` };
    await post('/token/revocation', { token: tokens.refresh_token! }, theirs);
    const { body } = await refresh(tokens.refresh_token!);
    expect(body.access_token).toEqual(expect.any(String));
    expect((await post('/token/revocation', { token: body.refresh_token }, basic)).status).toBe(200);
    expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant');
  });
});

describe('clients prove themselves', () => {
  test('by client_secret_post, where they say so', async () => {
    declare('poster', { token_endpoint_auth_method: 'client_secret_post', grant_types: ['client_credentials'] });
    const { body } = await post('/token', {
      grant_type: 'client_credentials',
      client_id: 'poster',
      client_secret: secret,
    });
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
    const wrong = { grant_type: 'client_credentials', client_id: 'poster', client_secret: 'wrong' };
    expect(await post('/token', wrong)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  test('by a signed assertion, each good for once even when twenty arrive together', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    declare('signer', {
      client_secret: undefined,
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['client_credentials'],
      jwks: { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: '1' }] },
    });
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: '1' })
      .setIssuer('signer')
      .setSubject('signer')
      .setAudience(house.issuer)
      .setJti('once')
      .setExpirationTime('1m')
      .setIssuedAt()
      .sign(createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })));
    const body = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    };
    const all = await Promise.all(Array.from({ length: 20 }, () => post('/token', body)));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(all.filter(({ status }) => status === 401)).toHaveLength(19);
  });

  test('a machine gets a token of its own and no refresh token', async () => {
    const { body } = await post(
      '/token',
      { grant_type: 'client_credentials' },
      { authorization: `Basic ${Buffer.from(`robot:${secret}`).toString('base64')}` },
    );
    expect(body.refresh_token).toBeUndefined();
    expect(await introspect(body.access_token)).toMatchObject({ active: true, client_id: 'robot' });
  });

  test('a public client may look at its own tokens only', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const theirs = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
    const { body } = await post('/token/introspection', { token: theirs.access_token, client_id: 'spa' });
    expect(body).toEqual({ active: false });
  });

  test('a disabled application is no client', async () => {
    house.applications.set('wiki', { ...house.applications.get('wiki')!, disabled: true });
    const chrome = await signedIn(house, 'ana', 'password');
    const answer = await chrome.go(`${house.issuer}/auth?client_id=wiki&response_type=code&redirect_uri=${redirect}`);
    expect([answer.status, refusal(answer.to)]).toEqual([400, null]);
  });
});

function declare(id: string, settings: Record<string, unknown>) {
  const wiki = house.applications.get('wiki')!;
  house.applications.set(id, { ...wiki, id, settings: { client_id: id, client_secret: secret, ...settings } });
}
async function signedInAgain(chrome: Awaited<ReturnType<typeof signedIn>>) {
  await chrome.prove(new URL('/signin/none', house.issuer), 'ana', 'webauthn:verification:bound');
}
const payload = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());
