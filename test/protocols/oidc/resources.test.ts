import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as rp from 'openid-client';
import { ask, Chrome, client, type House, ledger, notes, openHouse, redeem, vault, walk } from './house.ts';

/** Resource indicators (RFC 8707) and JWT access tokens (RFC 9068). */
let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const verified = (token: string, audience: string) =>
  jwtVerify(token, createRemoteJWKSet(new URL(`${house.issuer}/jwks`)), {
    issuer: house.issuer,
    audience,
    typ: 'at+jwt',
  });

const checks = { pkceCodeVerifier: 'v'.repeat(43), expectedState: 'st' };

async function errorOf(id: string, more: Record<string, string>): Promise<string | null> {
  return (await ask(house, new Chrome(), id, more)).searchParams.get('error');
}

const machine = async (id: string, parameters: Record<string, string>) =>
  rp.clientCredentialsGrant(await client(house, id), parameters);

describe('an access token for a resource', () => {
  test('is a JWT that says for whom, of whom, by which client and how the person signed in', async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'mail', { resource: notes, scope: 'openid notes:read other' });
    const back = await walk(house, chrome, page, 'ana', 'password');
    const tokens = await rp.authorizationCodeGrant(await client(house, 'mail'), back, checks, { resource: notes });
    const { payload, protectedHeader } = await verified(tokens.access_token, notes);
    expect(protectedHeader).toMatchObject({ typ: 'at+jwt', alg: 'RS256', kid: expect.any(String) });
    expect(payload).toEqual({
      ...{ iss: house.issuer, aud: notes, sub: 'ana', client_id: 'mail', scope: 'notes:read' },
      ...{ iat: expect.any(Number), exp: (payload.iat as number) + 300, jti: expect.any(String) },
      ...{ acr: 'urn:stile:acr:aal1', amr: ['pwd'], auth_time: expect.any(Number) },
    });
    expect(tokens.expires_in).toBe(300);
    expect(tokens.scope).toBe('notes:read');
  });

  test('keeps saying so after a refresh, whatever was proved since', async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'mail', { resource: notes, scope: 'openid offline_access notes:write' });
    const back = await walk(house, chrome, page, 'ana', 'password');
    const config = await client(house, 'mail');
    const first = await rp.authorizationCodeGrant(config, back, checks, { resource: notes });
    await chrome.prove(await ask(house, chrome, 'mail', { prompt: 'login' }), 'ana', 'password', 'totp');
    const next = await rp.refreshTokenGrant(config, first.refresh_token!, { resource: notes });
    const [before, after] = [await verified(first.access_token, notes), await verified(next.access_token, notes)];
    const { jti: _, iat: __, exp: ___, ...same } = before.payload;
    expect(after.payload).toMatchObject(same);
    expect(after.payload.jti).not.toBe(before.payload.jti);
  });

  test('calls the person what the client calls them, where subjects are pairwise', async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'calendar', { resource: notes, scope: 'openid notes:read' });
    const back = await walk(house, chrome, page, 'ana', 'password');
    const tokens = await rp.authorizationCodeGrant(await client(house, 'calendar'), back, checks, { resource: notes });
    const { payload } = await verified(tokens.access_token, notes);
    expect(payload.sub).toBe(tokens.claims()!.sub);
    expect(payload.sub).not.toBe('ana');
  });

  test('is signed by the algorithm of the resource', async () => {
    const tokens = await machineOrPerson();
    expect(decodeProtectedHeader(tokens.access_token).alg).toBe('ES256');
    expect((await verified(tokens.access_token, vault)).payload.acr).toBe('https://refeds.org/profile/mfa');
  });
  const machineOrPerson = async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'mail', { resource: vault, scope: 'openid vault:open' });
    const back = await walk(house, chrome, page, 'ana', 'password', 'totp');
    return rp.authorizationCodeGrant(await client(house, 'mail'), back, checks, { resource: vault });
  };

  test('is no key to userinfo, and the one for userinfo no key to a resource', async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'mail', { resource: notes, scope: 'openid email notes:read' });
    const tokens = await redeem(house, 'mail', await walk(house, chrome, page, 'ana', 'password'));
    expect(tokens.scope).toBe('openid email');
    expect(await rp.fetchUserInfo(await client(house, 'mail'), tokens.access_token, 'ana')).toMatchObject({
      email: 'ana@example.com',
    });
    const { access_token } = await machine('robot', { resource: notes, scope: 'notes:read' });
    const answer = await fetch(`${house.issuer}/me`, { headers: { authorization: `Bearer ${access_token}` } });
    expect(answer.status).toBe(401);
  });

  test('cannot be introspected or revoked, and the answer says so', async () => {
    const { access_token } = await machine('robot', { resource: notes });
    const config = await client(house, 'robot');
    for (const call of [rp.tokenIntrospection, rp.tokenRevocation])
      await expect(call(config, access_token)).rejects.toMatchObject({ error: 'unsupported_token_type' });
  });

  test('that is opaque can be both', async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'mail', { resource: ledger, scope: 'openid read' });
    const back = await walk(house, chrome, page, 'ana', 'password');
    const config = await client(house, 'mail');
    const { access_token } = await rp.authorizationCodeGrant(config, back, checks, { resource: ledger });
    expect(await rp.tokenIntrospection(config, access_token)).toMatchObject({
      ...{ active: true, aud: ledger, scope: 'read', sub: 'ana', acr: 'urn:stile:acr:aal1' },
    });
    await rp.tokenRevocation(config, access_token);
    expect(await rp.tokenIntrospection(config, access_token)).toMatchObject({ active: false });
  });
});

describe('who may ask for what', () => {
  test.each([
    ['a resource nobody declared', 'mail', 'https://elsewhere.example'],
    ['one that is spelled otherwise', 'mail', `${notes}/`],
    ['one the client does not list', 'wiki', notes],
    ['one that lists other clients', 'shop', ledger],
    ['no absolute address', 'mail', 'notes'],
    ['an address with a fragment', 'mail', `${notes}#x`],
  ])('%s is an invalid target', async (_what, id, resource) => {
    expect(await errorOf(id, { resource })).toBe('invalid_target');
  });

  test('a machine is held to the same', async () => {
    await expect(machine('robot', { resource: vault })).rejects.toMatchObject({ error: 'invalid_target' });
    await expect(machine('robot', { resource: ledger })).rejects.toMatchObject({ error: 'invalid_target' });
  });

  test('a client that may have some scopes gets no other', async () => {
    const tokens = await machine('robot', { resource: notes, scope: 'notes:read notes:write' });
    expect(tokens.scope).toBe('notes:read');
    expect((await verified(tokens.access_token, notes)).payload).toMatchObject({ scope: 'notes:read', sub: 'robot' });
  });

  test('a code for one resource buys no token for another', async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'mail', { resource: notes, scope: 'openid notes:read' });
    const back = await walk(house, chrome, page, 'ana', 'password', 'totp');
    const bought = rp.authorizationCodeGrant(await client(house, 'mail'), back, checks, { resource: vault });
    await expect(bought).rejects.toMatchObject({ error: 'invalid_target' });
  });

  test('a third party may have what the person agreed to, resource by resource', async () => {
    const chrome = new Chrome();
    await ask(house, chrome, 'shop', { resource: notes, scope: 'openid notes:read' });
    expect(house.door.asked.at(-1)?.shares?.items).toEqual(['openid', `notes:read ${notes}`]);
  });
});

describe('a resource that needs more of a person', () => {
  test('makes it part of the question: a password alone is walked further', async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'mail', { resource: vault, scope: 'openid vault:open' });
    expect(house.door.asked.at(-1)?.wants).toEqual([
      { anyOf: [expect.objectContaining({ id: 'mfa' })], essential: true },
    ]);
    await walk(house, chrome, page, 'ana', 'password');
    expect(
      (await ask(house, chrome, 'mail', { resource: vault, scope: 'openid', prompt: 'none' })).searchParams.get(
        'error',
      ),
    ).toBe('interaction_required');
  });
});
