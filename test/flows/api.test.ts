/** An API that takes our access tokens (examples/notes), and the way from its "not enough" to enough (RFC 9470). */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { generateKeyPair, SignJWT } from 'jose';
import * as client from 'openid-client';
import { missingOf } from '../../examples/notes/access.ts';
import { notes, twoFactors } from '../../examples/notes/notes.ts';
import { Person } from '../support/person.ts';
import { as, nobody, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

let stile: Stile;
let rp: RelyingParty;
let server: Server;
let api: string;
const scope = 'openid notes:read notes:write';

beforeAll(async () => {
  const app = express();
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const oidc = {
    client_id: 'pocket',
    client_secret: 'a client secret for tests',
    redirect_uris: ['https://rp.example/cb'],
  };
  stile = await startStile({
    config: settings({
      resources: [
        { resource: api, name: 'Notes', scopes: ['notes:read', 'notes:write'] },
        { resource: `${api}/other`, name: 'Other', scopes: ['notes:read'], signed_response_alg: 'ES256' },
      ],
      applications: [
        {
          id: 'pocket',
          name: 'Pocket',
          oidc: {
            ...oidc,
            grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
            resources: [{ resource: api }, { resource: `${api}/other` }],
          },
        },
      ],
    }),
  });
  app.use(notes({ issuer: stile.issuer, resource: api }));
  rp = await RelyingParty.at(stile, { id: 'pocket' });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await stile.stop();
});

const signIn = (person: Person, walker: ReturnType<typeof as>, more: Record<string, string> = {}) =>
  rp.signIn(person, { resource: api, scope, ...more }, walker, { resource: api });

async function call(token: string, text?: string) {
  const answer = await fetch(`${api}/notes`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(text === undefined ? {} : { method: 'POST', body: JSON.stringify({ text }) }),
  });
  return { status: answer.status, challenge: answer.headers.get('www-authenticate') ?? '' };
}

const said = (challenge: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] as string;

test('ana reads with a password, is sent back for two factors to write, and then writes', async () => {
  const ana = someone();
  const person = new Person();
  const { tokens } = await signIn(person, as(ana));
  expect((await call(tokens.access_token)).status).toBe(200);
  const refused = await call(tokens.access_token, 'a note');
  expect(refused).toEqual({
    status: 401,
    challenge: `Bearer error="insufficient_user_authentication", acr_values="${twoFactors.join(' ')}", max_age="300"`,
  });

  const met: string[] = [];
  const asked = { acr_values: said(refused.challenge, 'acr_values'), max_age: said(refused.challenge, 'max_age') };
  const stepped = await signIn(person, as(ana, { met }), asked);
  expect(met).toEqual(['prove:totp']);
  expect((await call(stepped.tokens.access_token, 'a note')).status).toBe(201);
  // Nothing of the new proof gets into what was issued before it.
  expect((await call(tokens.access_token, 'another')).status).toBe(401);
  const next = await client.refreshTokenGrant(rp.config, tokens.refresh_token as string, { resource: api });
  expect((await call(next.access_token, 'another')).status).toBe(401);
  // And whoever proved enough already is asked nothing.
  const silent = await signIn(person, nobody, { ...asked, prompt: 'none' });
  expect((await call(silent.tokens.access_token, 'another')).status).toBe(201);
});

test('a scope that was not asked for is not there', async () => {
  const { tokens } = await signIn(new Person(), as(someone()), { scope: 'openid notes:read' });
  expect(await call(tokens.access_token, 'a note')).toEqual({
    status: 403,
    challenge: 'Bearer error="insufficient_scope", scope="notes:write"',
  });
});

test('a machine may read what its scope says, and never passes for a person', async () => {
  const own = await client.clientCredentialsGrant(rp.config, { resource: api, scope: 'notes:read notes:write' });
  expect((await call(own.access_token)).status).toBe(200);
  expect((await call(own.access_token, 'a note')).status).toBe(401);
});

test('what is for somebody else, of another kind, bound, changed or forged is refused', async () => {
  const { tokens } = await signIn(new Person(), as(someone()));
  const elsewhere = await client.clientCredentialsGrant(rp.config, { resource: `${api}/other`, scope: 'notes:read' });
  const DPoP = client.getDPoPHandle(rp.config, await client.randomDPoPKeyPair());
  const bound = await client.clientCredentialsGrant(rp.config, { resource: api, scope: 'notes:read' }, { DPoP });
  const { privateKey } = await generateKeyPair('RS256');
  const [header = '', payload = '', signature = ''] = tokens.access_token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const kid = JSON.parse(Buffer.from(header, 'base64url').toString()).kid as string;
  for (const token of [
    elsewhere.access_token,
    bound.access_token,
    tokens.id_token as string,
    `${header}.${encode({ ...claims, acr: twoFactors[0] })}.${signature}`,
    `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
    await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid }).sign(privateKey),
    'nonsense',
  ])
    expect(await call(token)).toEqual({ status: 401, challenge: 'Bearer error="invalid_token"' });
  const none = await fetch(`${api}/notes`);
  expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer scope="notes:read"']);
});

test('a proof that is too old is not enough, however strong it was', () => {
  const caller = {
    sub: 'ana',
    client_id: 'pocket',
    scope: 'notes:write',
    acr: twoFactors[0] as string,
    auth_time: 1000,
  };
  const need = { scope: 'notes:write', acr: twoFactors, maxAge: 300 };
  expect(missingOf(caller, need, 1300)).toBeUndefined();
  expect(missingOf(caller, need, 1301)).toMatchObject({ error: 'insufficient_user_authentication', max_age: '300' });
});
