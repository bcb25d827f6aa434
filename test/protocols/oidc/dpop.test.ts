import { decodeJwt } from 'jose';
import * as rp from 'openid-client';
import { ask, Chrome, client, type House, notes, openHouse, secret, walk } from './house.ts';
import { type ProofOf, Prover, seconds, unsigned } from './prover.ts';

/** DPoP (RFC 9449): a token that is bound to a key is worth nothing without it. */
let house: House;
let mine: Prover;
let other: Prover;
beforeAll(async () => {
  house = await openHouse();
  [mine, other] = [await Prover.make(), await Prover.make()];
});
afterAll(() => house.close());

const checks = { pkceCodeVerifier: 'v'.repeat(43), expectedState: 'st' };
const robot = `Basic ${Buffer.from(`robot:${secret}`).toString('base64')}`;
const tokenUrl = () => `${house.issuer}/token`;
const userinfo = () => `${house.issuer}/me`;
const api = () => `${house.issuer}/admin/api`;

interface Answer {
  readonly status: number;
  readonly error?: string;
  readonly access_token: string;
  readonly token_type?: string;
  readonly nonce: string | null;
}

async function asMachine(proof: string | undefined, more: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(tokenUrl(), {
    method: 'POST',
    headers: { authorization: robot, ...(proof ? { dpop: proof } : {}) },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...more }),
  });
  return { ...((await answer.json()) as Answer), status: answer.status, nonce: answer.headers.get('dpop-nonce') };
}

describe('a real client', () => {
  async function codeFor(id: string, more: Record<string, string> = {}) {
    const chrome = new Chrome();
    return walk(house, chrome, await ask(house, chrome, id, more), 'ana', 'password', 'totp');
  }

  test('gets tokens bound to its key, and userinfo by them', async () => {
    const config = await client(house, 'mail');
    const DPoP = rp.getDPoPHandle(config, await rp.randomDPoPKeyPair());
    const tokens = await rp.authorizationCodeGrant(config, await codeFor('mail'), checks, undefined, { DPoP });
    expect(tokens.token_type).toBe('dpop');
    expect(await rp.fetchUserInfo(config, tokens.access_token, 'ana', { DPoP })).toMatchObject({ sub: 'ana' });
    const seen = await rp.tokenIntrospection(config, tokens.access_token);
    expect(seen).toMatchObject({ token_type: 'DPoP', cnf: { jkt: await DPoP.calculateThumbprint() } });
  });

  test('has its key named in a JWT for an API', async () => {
    const { access_token } = await asMachine(await mine.proof({ url: tokenUrl() }), { resource: notes });
    expect(decodeJwt(access_token)).toMatchObject({ cnf: { jkt: mine.thumbprint } });
  });

  test('that is public has its refresh token bound as well; whoever stole it has not the key', async () => {
    const config = await client(house, 'spa');
    const DPoP = rp.getDPoPHandle(config, await rp.randomDPoPKeyPair());
    const stranger = rp.getDPoPHandle(config, await rp.randomDPoPKeyPair());
    const tokens = await rp.authorizationCodeGrant(config, await codeFor('spa'), checks, undefined, { DPoP });
    const stolen = (handle?: rp.DPoPHandle) =>
      rp.refreshTokenGrant(config, tokens.refresh_token!, undefined, handle && { DPoP: handle });
    await expect(stolen()).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(stolen(stranger)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await stolen(DPoP)).token_type).toBe('dpop');
  });

  test('may bind the code itself (dpop_jkt): another key, or none, does not redeem it', async () => {
    const config = await client(house, 'mail');
    const redeemed = async (DPoP?: rp.DPoPHandle) =>
      rp.authorizationCodeGrant(
        config,
        await codeFor('mail', { dpop_jkt: thumbprint }),
        checks,
        undefined,
        DPoP && { DPoP },
      );
    const DPoP = rp.getDPoPHandle(config, await rp.randomDPoPKeyPair());
    const thumbprint = await DPoP.calculateThumbprint();
    await expect(redeemed()).rejects.toMatchObject({ error: 'invalid_grant' });
    const stranger = rp.getDPoPHandle(config, await rp.randomDPoPKeyPair());
    await expect(redeemed(stranger)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await redeemed(DPoP)).token_type).toBe('dpop');
  });

  test('whose registration says so gets nothing without a proof', async () => {
    const known = house.applications.get('robot')!;
    house.applications.set('robot', { ...known, settings: { ...known.settings, dpop_bound_access_tokens: true } });
    expect(await asMachine(undefined)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await asMachine(await mine.proof({ url: tokenUrl() }))).toMatchObject({ token_type: 'DPoP' });
    house.applications.set('robot', known);
  });

  test('whose clock is wrong is given a nonce instead, which every node with our secret believes', async () => {
    const late = { iat: seconds() - 3600 };
    const first = await asMachine(await mine.proof({ url: tokenUrl(), claims: late }));
    expect(first).toMatchObject({ status: 400, error: 'use_dpop_nonce', nonce: expect.any(String) });
    const again = await asMachine(await mine.proof({ url: tokenUrl(), claims: { ...late, nonce: first.nonce } }));
    expect(again).toMatchObject({ status: 200, token_type: 'DPoP' });
    const invented = await asMachine(await mine.proof({ url: tokenUrl(), claims: { nonce: 'invented' } }));
    expect(invented).toMatchObject({ status: 400, error: 'use_dpop_nonce' });
  });

  test('learns from discovery what it may sign proofs with', async () => {
    const discovery = await (await fetch(`${house.issuer}/.well-known/openid-configuration`)).json();
    expect(discovery).toMatchObject({ dpop_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'EdDSA'] });
  });
});

/** What is wrong with each, and how it is made from a right one. */
const wrong: readonly [string, (of: ProofOf) => Promise<string>][] = [
  ['for another method', (of) => mine.proof({ ...of, method: 'PUT' })],
  ['for another address', (of) => mine.proof({ ...of, url: `${of.url}/x` })],
  ['for another host', (of) => mine.proof({ ...of, url: of.url.replace('127.0.0.1', 'evil.example') })],
  ['for no address', (of) => mine.proof({ ...of, claims: { htu: 7 } })],
  ['of an hour ago', (of) => mine.proof({ ...of, claims: { iat: seconds() - 3600 } })],
  ['of the future', (of) => mine.proof({ ...of, claims: { iat: seconds() + 3600 } })],
  ['without a time', (of) => mine.proof({ ...of, claims: { iat: undefined } })],
  ['without an id', (of) => mine.proof({ ...of, claims: { jti: undefined } })],
  ['of another type', (of) => mine.proof({ ...of, header: { typ: 'JWT' } })],
  ['signed by nobody', async (of) => unsigned(await mine.proof(of), 'none')],
  ['signed by a shared secret', async (of) => unsigned(await mine.proof(of), 'HS256')],
  ['signed by another key than it names', (of) => mine.proof({ ...of, header: { jwk: other.jwk } })],
  ['with the private key inside', (of) => mine.exposed(of)],
  ['without a key', (of) => mine.proof({ ...of, header: { jwk: undefined } })],
  ['cut in the middle', async (of) => (await mine.proof(of)).slice(0, -20)],
  ['that is none', async () => 'proof'],
];
/** Only where a token is shown. */
const wrongForToken: typeof wrong = [
  ['for another token', (of) => mine.proof({ ...of, token: 'another' })],
  ['for no token', ({ token: _, ...of }) => mine.proof(of)],
  ['by another key', (of) => other.proof(of)],
];

describe('at the token endpoint', () => {
  test.each(wrong)('a proof %s buys nothing', async (_what, make) => {
    const answer = await asMachine(await make({ url: tokenUrl() }));
    expect(answer.status).toBe(400);
    expect(['invalid_dpop_proof', 'use_dpop_nonce']).toContain(answer.error);
  });

  test('of twenty who show one proof at once, one gets a token', async () => {
    const proof = await mine.proof({ url: tokenUrl() });
    const answers = await Promise.all(Array.from({ length: 20 }, () => asMachine(proof)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ error }) => error === 'invalid_grant')).toHaveLength(19);
  });

  test('a proof dated ahead is remembered as long as it is good', async () => {
    const proof = await mine.proof({ url: tokenUrl(), claims: { iat: seconds() + 290 } });
    expect((await asMachine(proof)).status).toBe(200);
    expect(house.kv.added.at(-1)!.seconds).toBeGreaterThanOrEqual(590);
  });
});

describe('at userinfo', () => {
  let token: string;
  beforeAll(async () => {
    const chrome = new Chrome();
    const back = await walk(house, chrome, await ask(house, chrome, 'mail'), 'ana', 'password');
    const proof = await mine.proof({ url: tokenUrl() });
    const answer = await fetch(tokenUrl(), {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`mail:${secret}`).toString('base64')}`, dpop: proof },
      body: new URLSearchParams({
        ...{
          grant_type: 'authorization_code',
          code: back.searchParams.get('code')!,
          redirect_uri: 'http://127.0.0.1:1/cb',
        },
        code_verifier: checks.pkceCodeVerifier,
      }),
    });
    token = ((await answer.json()) as Answer).access_token;
  });
  const show = (proof?: string, scheme = 'DPoP') =>
    fetch(userinfo(), { headers: { authorization: `${scheme} ${token}`, ...(proof ? { dpop: proof } : {}) } });
  const right = (): ProofOf => ({ method: 'GET', url: userinfo(), token });

  test('the right proof opens it, once', async () => {
    const proof = await mine.proof(right());
    expect((await show(proof)).status).toBe(200);
    expect((await show(proof)).status).toBe(401);
  });
  test('a bound token is no bearer token', async () => {
    expect((await show(undefined, 'Bearer')).status).toBe(401);
    expect((await show(undefined)).status).toBe(400);
    expect((await show(await mine.proof(right()), 'Bearer')).status).toBe(400);
  });
  test.each([...wrong, ...wrongForToken])('a proof %s opens nothing', async (_what, make) => {
    expect([400, 401]).toContain((await show(await make(right()))).status);
  });
});

describe('at our own API', () => {
  let token: string;
  beforeAll(async () => {
    const proof = await mine.proof({ url: tokenUrl() });
    token = (await asMachine(proof, { resource: api(), scope: 'stile:admin' })).access_token;
  });
  const show = (proof?: string, scheme = 'DPoP') =>
    fetch(`${api()}/v1/users?x=1`, {
      headers: { authorization: `${scheme} ${token}`, ...(proof ? { dpop: proof } : {}) },
    });
  const right = (): ProofOf => ({ method: 'GET', url: `${api()}/v1/users`, token });

  test('the right proof opens it, once', async () => {
    const proof = await mine.proof(right());
    expect((await show(proof)).status).toBe(200);
    const again = await show(proof);
    expect(again.status).toBe(401);
    expect(again.headers.get('www-authenticate')).toContain('DPoP error="invalid_dpop_proof"');
  });
  test('a bound token is no bearer token', async () => {
    for (const answer of [
      await show(undefined, 'Bearer'),
      await show(),
      await show(await mine.proof(right()), 'Bearer'),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP error=/);
    }
  });
  test.each([...wrong, ...wrongForToken])('a proof %s opens nothing', async (_what, make) => {
    expect((await show(await make(right()))).status).toBe(401);
  });
  test('a token that is bound to no key gains nothing by a proof', async () => {
    const { access_token } = await asMachine(undefined, { resource: api(), scope: 'stile:admin' });
    const proof = await mine.proof({ ...right(), token: access_token });
    const answer = await fetch(`${api()}/v1/users`, {
      headers: { authorization: `DPoP ${access_token}`, dpop: proof },
    });
    expect(answer.status).toBe(401);
  });
});
