/**
 * Every JWT of ours and of a client's own, shown at every place that takes one: it is good where it belongs and nowhere
 * else (RFC 8725 sections 2.8 and 3.11). One client and one key sign all of it, so that the kind is all that differs.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { notes } from '../../examples/notes/notes.ts';
import { Listener } from '../support/listener.ts';
import { Person } from '../support/person.ts';
import { as, nobody, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { applications, clientKey, clientPublicJwk, form, leaks, raw } from './attacker.ts';

const ana = someone();
const REDIRECT = 'https://rp.example/machine';
const verifier = 'v'.repeat(43);
const challenge = createHash('sha256').update(verifier).digest('base64url');
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

let stile: Stile;
let ears: Listener;
let server: Server;
let api: string;
const person = new Person();

beforeAll(async () => {
  ears = await Listener.start();
  const app = express();
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stile = await startStile({
    config: settings({
      registration: { enabled: true },
      resources: [{ resource: api, name: 'Notes', scopes: ['notes:read'] }],
      applications: applications.map((one) =>
        one.id === 'machine'
          ? {
              ...one,
              oidc: {
                ...one.oidc,
                grant_types: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE],
                resources: [{ resource: api }],
                userinfo_signed_response_alg: 'RS256',
                backchannel_logout_uri: ears.url,
              },
            }
          : one,
      ),
    }),
  });
  app.use(notes({ issuer: stile.issuer, resource: api }));
  Object.assign(kinds, await gather());
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await ears.stop();
  await stile.stop();
});

const seconds = () => Math.floor(Date.now() / 1000);
const signed = (typ: string | undefined, claims: Record<string, unknown>, more: object = {}) =>
  new SignJWT({ iat: seconds(), exp: seconds() + 60, jti: randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'RS256', ...(typ ? { typ } : {}), ...more })
    .sign(clientKey);

const assertion = () => signed(undefined, { iss: 'machine', sub: 'machine', aud: stile.issuer }, { kid: 'machine' });
const proof = () => signed('dpop+jwt', { htm: 'POST', htu: `${stile.issuer}/token` }, { jwk: clientPublicJwk });
const requestObject = (more: object = {}) =>
  signed(
    'oauth-authz-req+jwt',
    { iss: 'machine', aud: stile.issuer, ...asked, prompt: 'none', ...more },
    { kid: 'machine' },
  );

const asked = {
  ...{ client_id: 'machine', redirect_uri: REDIRECT, response_type: 'code', scope: 'openid notes:read' },
  ...{ code_challenge: challenge, code_challenge_method: 'S256', state: 'st' },
};
const authorize = (more: Record<string, string> = {}) =>
  `${stile.issuer}/auth?${new URLSearchParams({ ...asked, resource: api, ...more })}`;
const proved = async () => ({
  client_id: 'machine',
  client_assertion: await assertion(),
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
});

async function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const sent = form(fields);
  const answer = await raw(stile.issuer, path, { ...sent, headers: { ...sent.headers, ...headers } });
  expect(answer.status).toBeLessThan(500);
  expect(answer.body).not.toMatch(leaks);
  return { status: answer.status, body: answer.body.startsWith('{') ? JSON.parse(answer.body) : {} };
}

async function signIn(who: Person) {
  const end = await as(ana)(who, await who.go(authorize()));
  const code = end.url.searchParams.get('code') as string;
  const grant = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: verifier };
  const { body } = await post('/token', { ...grant, ...(await proved()) });
  return body as Record<string, string>;
}

/** One of each, all about ana at the same client; those that count once are made anew when shown. */
async function gather(): Promise<Record<string, () => Promise<string>>> {
  const { id_token, access_token, refresh_token = '' } = await signIn(person);
  const refreshed = await post('/token', {
    ...{ grant_type: 'refresh_token', refresh_token, resource: api },
    ...(await proved()),
  });
  const userinfo = await fetch(`${stile.issuer}/me`, { headers: { authorization: `Bearer ${access_token}` } });
  const jarm = await person.go(authorize({ prompt: 'none', response_mode: 'jwt' }));
  const elsewhere = new Person();
  await signIn(elsewhere);
  await elsewhere.submit(await elsewhere.go(`${stile.issuer}/session/end`), {}, { name: 'logout', value: 'yes' });
  const [told = ''] = await ears.received(1);
  const fixed = {
    'an ID token': id_token as string,
    'an access token for an API': refreshed.body.access_token as string,
    'userinfo as a JWT': await userinfo.text(),
    'an answer (JARM)': jarm.url.searchParams.get('response') as string,
    'a logout token': new URLSearchParams(told).get('logout_token') as string,
  };
  return {
    ...Object.fromEntries(Object.entries(fixed).map(([name, jwt]) => [name, async () => jwt])),
    'a client assertion': assertion,
    'a request object': () => requestObject(),
    'a DPoP proof': proof,
  };
}

/** Filled before the first test; the names stand here because the cases need them earlier. */
const kinds: Record<string, () => Promise<string>> = {};
const names = [
  ...['an ID token', 'an access token for an API', 'userinfo as a JWT', 'an answer (JARM)', 'a logout token'],
  ...['a client assertion', 'a request object', 'a DPoP proof'],
];

const bearer = async (url: string, jwt: string, method = 'GET') => {
  const answer = await fetch(url, { method, headers: { authorization: `Bearer ${jwt}` } });
  return answer.ok ? 'taken' : answer.status;
};
const at = (error: string | null) => error ?? 'taken';

/** Where a JWT can be shown: what takes it, and how it says no. */
const places: Record<string, { takes?: string; too?: string; no: RegExp; show(jwt: string): Promise<unknown> }> = {
  userinfo: { no: /401/, show: (jwt) => bearer(`${stile.issuer}/me`, jwt) },
  'our own API': { no: /401/, show: (jwt) => bearer(`${stile.issuer}/admin/api/v1/users`, jwt) },
  'an API (Notes)': { takes: 'an access token for an API', no: /401/, show: (jwt) => bearer(`${api}/notes`, jwt) },
  registration: { no: /401/, show: (jwt) => bearer(`${stile.issuer}/reg`, jwt, 'POST') },
  'the management of a registration': { no: /401|400/, show: (jwt) => bearer(`${stile.issuer}/reg/machine`, jwt) },
  metrics: { no: /401|404/, show: (jwt) => bearer(`${stile.issuer}/metrics`, jwt) },
  introspection: {
    no: /false|unsupported_token_type/,
    async show(token) {
      const { body } = await post('/token/introspection', { token, ...(await proved()) });
      return body.active === true ? 'taken' : (body.error ?? 'false');
    },
  },
  'the code grant': {
    no: /invalid_grant/,
    async show(code) {
      const grant = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: verifier };
      return (await post('/token', { ...grant, ...(await proved()) })).body.error ?? 'taken';
    },
  },
  'the refresh grant': {
    no: /invalid_grant/,
    show: async (refresh_token) =>
      (await post('/token', { grant_type: 'refresh_token', refresh_token, ...(await proved()) })).body.error ?? 'taken',
  },
  'the device grant': {
    no: /invalid_grant/,
    show: async (device_code) =>
      (await post('/token', { grant_type: DEVICE, device_code, ...(await proved()) })).body.error ?? 'taken',
  },
  'the authentication of a client': {
    takes: 'a client assertion',
    no: /invalid_(client|request)/,
    show: async (client_assertion) =>
      (await post('/token', { grant_type: 'client_credentials', ...(await proved()), client_assertion })).body.error ??
      'taken',
  },
  'a request': {
    takes: 'a request object',
    no: /invalid_request_object/,
    async show(request) {
      const { url } = await person.go(`${stile.issuer}/auth?${new URLSearchParams({ ...asked, request })}`);
      return at(url.searchParams.get('error'));
    },
  },
  'a pushed request': {
    takes: 'a request object',
    no: /invalid_request_object/,
    show: async (request) => (await post('/par', { request, ...(await proved()) })).body.error ?? 'taken',
  },
  'a request_uri': {
    no: /request_uri|invalid_request/,
    show: async (jwt) =>
      at(
        (
          await person.go(authorize({ request_uri: `urn:ietf:params:oauth:request_uri:${jwt}`, prompt: 'none' }))
        ).url.searchParams.get('error') ?? 'invalid_request_uri',
      ),
  },
  'an id_token_hint': {
    takes: 'an ID token',
    too: 'userinfo as a JWT', // names the same person to the same client, and nothing else
    no: /invalid_request/,
    async show(id_token_hint) {
      const end = await nobody(person, await person.go(authorize({ prompt: 'none', id_token_hint })));
      return at(end.url.searchParams.get('error'));
    },
  },
  'the hint of a logout': {
    takes: 'an ID token',
    too: 'userinfo as a JWT', // names the same person to the same client, and nothing else
    no: /400/,
    async show(id_token_hint) {
      const { status } = await new Person().go(`${stile.issuer}/session/end?id_token_hint=${id_token_hint}`);
      return status === 200 ? 'taken' : status;
    },
  },
  'a DPoP proof': {
    takes: 'a DPoP proof',
    no: /invalid_dpop_proof/,
    show: async (dpop) =>
      (await post('/token', { grant_type: 'client_credentials', ...(await proved()) }, { dpop })).body.error ?? 'taken',
  },
};

test('each is what it is called', async () => {
  const types = await Promise.all(
    names.map(async (name) => decodeProtectedHeader(await (kinds[name] as () => Promise<string>)()).typ),
  );
  expect(types).toEqual([
    ...[undefined, 'at+jwt', undefined, undefined, 'logout+jwt'],
    ...[undefined, 'oauth-authz-req+jwt', 'dpop+jwt'],
  ]);
  const about = await Promise.all(
    names.slice(0, 5).map(async (name) => decodeJwt(await (kinds[name] as () => Promise<string>)())),
  );
  expect(new Set(about.map(({ iss }) => iss))).toEqual(new Set([stile.issuer]));
});

describe.each(Object.entries(places))('%s', (_place, { takes, too, no, show }) => {
  test.each(names)('%s', async (name) => {
    const said = String(await show(await (kinds[name] as () => Promise<string>)()));
    if (name === takes || name === too) expect(said).toBe('taken');
    else expect(said).toMatch(no);
  });
});
