/** A whole Stile whose token keys are in a PKCS#11 token (SoftHSM), behind the example agent. */
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { Person } from '../support/person.ts';
import { as, newcomer, RelyingParty, settings } from '../support/rp.ts';
import { type Stile, startFailing, startStile } from '../support/stile.ts';
import { openToken, type Token } from '../support/token.mjs';

let token: Token;
let agent: Awaited<ReturnType<Token['start']>>;
let stile: Stile;
let rp: RelyingParty;
const notes = 'https://notes.example/api';

const config = () => ({
  ...settings({
    resources: [
      { resource: notes, name: 'Notes', scopes: ['notes:read'], access_token: 'jwt', signed_response_alg: 'ES256' },
    ],
    applications: [
      {
        id: 'robot',
        name: 'Robot',
        oidc: {
          client_id: 'robot',
          client_secret: 'a client secret for tests',
          grant_types: ['client_credentials'],
          resources: [{ resource: notes }],
        },
      },
    ],
  }),
  keys: { held: { socket: token.socket } },
});

beforeAll(async () => {
  token = await openToken();
  for (const label of ['rs-1', 'rs-2']) token.make(label, 'rsa:2048');
  for (const label of ['es-1', 'es-2']) token.make(label, 'EC:prime256v1');
  token.list('current rs-1', 'current es-1', 'next rs-2', 'next es-2');
  agent = await token.start();
  stile = await startStile({ embedded: true, config: config() });
  rp = await RelyingParty.at(stile);
});
afterAll(async () => {
  await stile?.stop();
  await agent?.stop();
});

const ready = async () => {
  const answer = await fetch(`${stile.issuer}/readyz`);
  return [answer.status, ((await answer.json()) as { keys: string }).keys];
};
const published = async () => {
  const { keys } = (await (await fetch(`${stile.issuer}/jwks`)).json()) as { keys: { kid: string; alg: string }[] };
  return keys.map(({ kid }) => kid);
};

test('a whole sign-in, an ID token that checks by the JWKS, and an access token on the other algorithm', async () => {
  const [rs, es] = await published();
  const { tokens } = await rp.signIn(new Person(), {}, as(newcomer()));
  const jwks = createRemoteJWKSet(new URL(`${stile.issuer}/jwks`));
  const id = await jwtVerify(tokens.id_token as string, jwks, { issuer: stile.issuer, audience: 'rp' });
  expect(id.protectedHeader).toMatchObject({ alg: 'RS256', kid: rs });
  const robot = await RelyingParty.at(stile, { id: 'robot' });
  const { access_token } = await client.clientCredentialsGrant(robot.config, { resource: notes });
  const access = await jwtVerify(access_token, jwks, { issuer: stile.issuer, audience: notes });
  expect(access.protectedHeader).toMatchObject({ alg: 'ES256', kid: es });
  expect(await ready()).toEqual([200, 'ready']);
});

test('an edit of the file of keys changes them, without a restart of anything', async () => {
  const [, , rs2, es2] = await published();
  token.list('current rs-2', 'current es-2', 'previous rs-1', 'previous es-1');
  // A look at the agent follows it.
  expect(await ready()).toEqual([200, 'ready']);
  expect((await published()).slice(0, 2)).toEqual([rs2, es2]);
  const { tokens } = await rp.signIn(new Person(), {}, as(newcomer()));
  expect(decodeProtectedHeader(tokens.id_token as string).kid).toBe(rs2);
});

test('without its agent a code waits, pages and keys do not; the same code is redeemed when it is back', async () => {
  const person = new Person();
  const { url, checks } = await rp.request();
  await agent.stop({ keep: true });
  const end = await as(newcomer())(person, await person.go(url));
  expect(await ready()).toEqual([503, 'away']);
  expect((await published()).length).toBe(4);
  const redeem = () => client.authorizationCodeGrant(rp.config, end.url, checks);
  await expect(redeem()).rejects.toMatchObject({ cause: { status: 503 } });
  const failing = await startFailing({ config: config(), env: {} });
  expect([failing.code, failing.output]).toEqual([1, expect.stringContaining('the agent that holds keys is away (')]);
  agent = await token.start();
  expect((await redeem()).claims()?.iss).toBe(stile.issuer);
  expect(await ready()).toEqual([200, 'ready']);
});
