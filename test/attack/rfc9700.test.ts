/**
 * RFC 9700 section 4, attack by attack: where in this suite it is tried. Each row names files and tests that have to be
 * there by these words, so that a test which is renamed or lost is missed here; what no other file tries is below.
 */
import { readFileSync } from 'node:fs';
import * as client from 'openid-client';
import { Person } from '../support/person.ts';
import { as, nobody, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { raw } from './attacker.ts';

const tried: Record<string, readonly [file: string, test: string][]> = {
  '4.1 insufficient redirect URI validation': [
    ['attack/requests', 'a request that cannot be trusted gets a page of ours and no redirect'],
    ['flows/registration', 'what is refused'],
  ],
  '4.2 credential leakage via Referer': [
    ['attack/headers', 'every page a sign-in shows carries every header, and every cookie is as strict as it can be'],
  ],
  '4.3 credential leakage via browser history': [['attack/rfc9700', 'an access token in an address is none']],
  '4.4 mix-up': [
    ['attack/rfc9700', 'an error by %s says who gives it'],
    ['flows/requests', 'by %s says who gives it'],
  ],
  '4.5 authorization code injection': [
    ['attack/oauth', 'is not redeemed with %s'],
    ['protocols/oidc/dpop', 'may bind the code itself (dpop_jkt): another key, or none, does not redeem it'],
  ],
  '4.6 access token injection': [['attack/oauth', 'never leaves by the fragment or a response type that is off']],
  '4.7 cross-site request forgery': [
    ['attack/oauth', 'of a public client needs PKCE from the start'],
    ['attack/forms', 'login CSRF: a form made for the attacker does not sign a visitor in as the attacker'],
  ],
  '4.8 PKCE downgrade': [
    ['attack/oauth', 'of a request without PKCE is not redeemed with a verifier, nor is plain PKCE taken'],
  ],
  '4.9 access token leakage at the resource server': [
    ['attack/rfc9700', 'a token for one API is worth nothing at another door, opaque or not'],
    ['flows/api', 'what is for somebody else, of another kind, bound, changed or forged is refused'],
  ],
  '4.10 misuse of stolen access tokens': [
    ['protocols/oidc/dpop', 'gets tokens bound to its key, and userinfo by them'],
    ['flows/certificates', 'tokens are bound to the certificate of whoever got them'],
  ],
  '4.11 open redirection': [['attack/headers', '%s leads nowhere else']],
  '4.12 307 redirect': [['attack/oauth', 'comes with the issuer, and with a 303']],
  '4.13 TLS terminating reverse proxies': [
    ['attack/headers', 'are believed from a proxy of ours, from the right, and from nobody else'],
    ['flows/certificates', 'from a stranger is not seen, whatever else comes with it'],
  ],
  '4.14 refresh token protection': [
    [
      'attack/oauth',
      'used twenty times at once is good once at most, or has one successor where the client proves itself',
    ],
    ['attack/rfc9700', 'the half minute of a lost answer is its own client’s: no family forks by it'],
  ],
  '4.15 client impersonating resource owner': [
    ['attack/rfc9700', 'a client that is called like a person is still no person'],
    ['attack/oauth', "cannot speak as a person: a machine's token opens no userinfo"],
  ],
  '4.16 clickjacking': [
    ['attack/headers', 'every page a sign-in shows carries every header, and every cookie is as strict as it can be'],
  ],
  '4.17 attacks on in-browser communication flows': [
    ['attack/oauth', 'never leaves by the fragment or a response type that is off'],
  ],
  'JOSE (RFC 8725)': [
    ['attack/kinds', 'each is what it is called'],
    ['attack/oauth', 'forged assertions are not: none, HS256 by the public key, another key'],
  ],
};

test.each(Object.entries(tried))('%s is tried', (_section, where) => {
  for (const [file, title] of where) {
    const source = readFileSync(`test/${file}.test.ts`, 'utf8').replaceAll("\\'", "'");
    expect([file, source.includes(title)]).toEqual([file, true]);
  }
});

const notes = { resource: 'https://notes.example/api', name: 'Notes', scopes: ['notes:read'] };
const secret = 'a client secret for tests';
const ana = someone();
let stile: Stile;
let party: RelyingParty;
let sub: string;

const application = (id: string, more: object = {}) => ({
  id,
  name: id,
  oidc: {
    ...{ client_id: id, client_secret: secret, redirect_uris: ['https://rp.example/cb'] },
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    resources: [{ resource: notes.resource }, { resource: `${notes.resource}/opaque` }],
    ...more,
  },
});

beforeAll(async () => {
  const opaque = { ...notes, resource: `${notes.resource}/opaque`, access_token: 'opaque' };
  const config = (more: object[] = []) =>
    settings({
      roles: { owner: { users: [ana] } },
      resources: [notes, opaque],
      applications: [application('pocket'), application('thief'), ...more],
    });
  stile = await startStile({ config: config() });
  party = await RelyingParty.at(stile, { id: 'pocket' });
  sub = (await party.signIn(new Person(), {}, as(ana))).claims.sub;
  // The worst name there is: that of an owner.
  await stile.halt();
  await stile.again({
    config: config([application('imposter', { client_id: sub, resources: [{ resource: notes.resource }] })]),
  });
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

const basic = (id: string) => `Basic ${btoa(`${id}:${secret.replaceAll(' ', '+')}`)}`;
async function token(id: string, fields: Record<string, string>) {
  const answer = await fetch(`${stile.issuer}/token`, {
    method: 'POST',
    headers: { authorization: basic(id) },
    body: new URLSearchParams(fields),
  });
  return (await answer.json()) as Record<string, string>;
}
const bearer = async (path: string, jwt: string) =>
  (await fetch(`${stile.issuer}${path}`, { headers: { authorization: `Bearer ${jwt}` } })).status;

test('an access token in an address is none', async () => {
  const { tokens } = await party.signIn(new Person());
  expect(await bearer('/me', tokens.access_token)).toBe(200);
  for (const path of ['/me', '/admin/api/v1/users']) {
    const answer = await raw(stile.issuer, `${path}?access_token=${tokens.access_token}`);
    expect([400, 401]).toContain(answer.status);
  }
});

test.each(['query', 'fragment', 'form_post', 'query.jwt', 'fragment.jwt', 'form_post.jwt'])(
  'an error by %s says who gives it',
  async (response_mode) => {
    const { url } = await party.request({ prompt: 'none', response_mode });
    const end = await new Person().go(url);
    const said = new URLSearchParams(
      end.delivery
        ? end.delivery.fields
        : response_mode.startsWith('fragment')
          ? end.url.hash.slice(1)
          : end.url.search,
    );
    const response = said.get('response');
    const claims = response
      ? JSON.parse(Buffer.from(response.split('.')[1] ?? '', 'base64url').toString())
      : Object.fromEntries(said);
    expect(claims).toMatchObject({ iss: stile.issuer, error: 'login_required' });
  },
);

test('a token for one API is worth nothing at another door, opaque or not', async () => {
  for (const { resource } of [notes, { resource: `${notes.resource}/opaque` }]) {
    const { tokens } = await party.signIn(new Person(), { resource, scope: 'openid notes:read' }, as(someone()), {
      resource,
    });
    for (const path of ['/me', '/admin/api/v1/users'])
      expect([resource, path, [401, 403].includes(await bearer(path, tokens.access_token))]).toEqual([
        resource,
        path,
        true,
      ]);
  }
});

test('the half minute of a lost answer is its own client’s: no family forks by it', async () => {
  const { tokens } = await party.signIn(new Person());
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
  const [first, again] = [await token('pocket', refresh), await token('pocket', refresh)];
  expect(again.refresh_token).toBe(first.refresh_token);
  expect((await token('thief', refresh)).error).toBe('invalid_grant');
  expect((await token('thief', { ...refresh, refresh_token: first.refresh_token ?? '' })).error).toBe('invalid_grant');
  const next = await token('pocket', { ...refresh, refresh_token: first.refresh_token ?? '' });
  expect(next.error).toBeUndefined();
  // Its successor was used: whoever comes with it now stole it, and everything ends.
  expect((await token('pocket', refresh)).error).toBe('invalid_grant');
  expect((await token('pocket', { ...refresh, refresh_token: next.refresh_token ?? '' })).error).toBe('invalid_grant');
});

test('a client that is called like a person is still no person', async () => {
  const own = await token(sub, { grant_type: 'client_credentials' });
  expect(own.access_token).toEqual(expect.any(String));
  expect([401, 403]).toContain(await bearer('/me', own.access_token as string));
  expect(await bearer('/admin/api/v1/users', own.access_token as string)).toBe(401);
  const asked = { grant_type: 'client_credentials', resource: `${stile.issuer}/admin/api`, scope: 'stile:admin' };
  expect((await token(sub, asked)).error).toBe('invalid_target');
  const imposter = await RelyingParty.at(stile, { id: sub });
  const silent = await imposter.signIn(new Person(), { prompt: 'none' }, nobody);
  expect(silent.error).toBe('login_required');
  const machine = await client.clientCredentialsGrant(imposter.config, {
    resource: notes.resource,
    scope: 'notes:read',
  });
  const claims = JSON.parse(Buffer.from(machine.access_token.split('.')[1] ?? '', 'base64url').toString());
  // What tells an API that nobody signed in (docs/openid-connect.md).
  expect([claims.client_id, claims.acr, claims.auth_time]).toEqual([claims.sub, undefined, undefined]);
});
