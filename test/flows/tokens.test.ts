/** Tokens after the sign-in: they keep saying how it was, and die when they should (RFC 9470, RFC 9700). */
import * as client from 'openid-client';
import { type Page, Person } from '../support/person.ts';
import { as, MFA, newcomer, nobody, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const base = { client_secret: 'a client secret for tests', redirect_uris: ['https://rp.example/cb'] };
const publicClient = {
  client_id: 'spa',
  token_endpoint_auth_method: 'none',
  redirect_uris: base.redirect_uris,
  cors_origins: ['https://spa.example'],
};

let stile: Stile;
let rp: RelyingParty;

beforeAll(async () => {
  stile = await startStile({
    config: settings({
      applications: [
        {
          id: 'partner',
          name: 'Partner',
          third_party: true,
          oidc: { ...base, client_id: 'partner', grant_types: ['authorization_code', 'refresh_token'] },
        },
        { id: 'pair1', name: 'One', oidc: { ...base, client_id: 'pair1', subject_type: 'pairwise' } },
        {
          id: 'pair2',
          name: 'Two',
          oidc: { ...base, client_id: 'pair2', subject_type: 'pairwise', redirect_uris: ['https://rp.example.org/cb'] },
        },
        { id: 'es', name: 'Curve', oidc: { ...base, client_id: 'es', id_token_signed_response_alg: 'ES256' } },
        { id: 'spa', name: 'Single page', oidc: publicClient },
      ],
    }),
  });
  rp = await RelyingParty.at(stile);
});
afterAll(() => stile.stop());

test('refresh rotates the token and leaves acr, amr and auth_time as they were, though the session has been stepped up', async () => {
  const ana = someone();
  const person = new Person();
  const { tokens, claims } = await rp.signIn(person, { scope: 'openid offline_access' }, as(ana));
  await rp.signIn(person, { acr_values: MFA }, as(ana));
  const next = await client.refreshTokenGrant(rp.config, tokens.refresh_token as string);
  expect(next.claims()).toMatchObject({ acr: claims.acr, amr: ['pwd'], auth_time: claims.auth_time, sid: claims.sid });
  expect(next.refresh_token).not.toBe(tokens.refresh_token);
  const seen = await client.tokenIntrospection(rp.config, next.access_token);
  expect(seen).toMatchObject({ active: true, acr: claims.acr, auth_time: claims.auth_time, sub: claims.sub });

  // Whose answer got lost asks again and gets the same successor; once that was used, the old one ends everything.
  const again = await client.refreshTokenGrant(rp.config, tokens.refresh_token as string);
  expect(again.refresh_token).toBe(next.refresh_token);
  const last = await client.refreshTokenGrant(rp.config, next.refresh_token as string);
  for (const spent of [tokens.refresh_token, last.refresh_token]) {
    await expect(client.refreshTokenGrant(rp.config, spent as string)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  }
  expect(await client.tokenIntrospection(rp.config, last.access_token)).toMatchObject({ active: false });
});

test('a refresh token with offline_access outlives the session; ana signing out ends what was only hers to use while here', async () => {
  const person = new Person();
  const { tokens } = await rp.signIn(person, { scope: 'openid offline_access' });
  const account = await person.go(`${stile.issuer}/account`);
  const csrf = /name="csrf" value="([^"]+)"/.exec(account.html)?.[1] as string;
  await person.go(`${stile.issuer}/account/sign-out`, { method: 'POST', body: new URLSearchParams({ csrf }) });
  const next = await client.refreshTokenGrant(rp.config, tokens.refresh_token as string);
  expect(next.claims()?.acr).toBe('urn:stile:acr:aal1');
});

test('a new password ends the refresh tokens got with the old one', async () => {
  const person = new Person();
  const mei = newcomer();
  const { tokens } = await rp.signIn(person, { scope: 'openid offline_access' }, as(mei));
  const page = await person.go(`${stile.issuer}/account/password`);
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] as string;
  const body = new URLSearchParams({ csrf, password: 'a quiet lane between two walls' });
  const changed = await person.go(`${stile.issuer}/account/password`, { method: 'POST', body });
  expect(changed.url.search).toBe('?said=password-changed');
  const refreshed = client.refreshTokenGrant(rp.config, tokens.refresh_token as string);
  await expect(refreshed).rejects.toMatchObject({ error: 'invalid_grant' });
});

test('a restart loses no refresh token, no registered application and no signing key', async () => {
  const { tokens } = await rp.signIn(new Person(), { scope: 'openid offline_access' });
  const keys = await (await fetch(`${stile.issuer}/jwks`)).json();
  await stile.halt();
  await stile.again();
  expect(await (await fetch(`${stile.issuer}/jwks`)).json()).toEqual(keys);
  const next = await client.refreshTokenGrant(rp.config, tokens.refresh_token as string);
  expect(next.access_token).toBeTruthy();
});

test('discovery names exactly the acr values somebody here can reach', async () => {
  const response = await fetch(`${stile.issuer}/.well-known/openid-configuration`);
  const discovery = (await response.json()) as Record<string, string[]>;
  expect(discovery.acr_values_supported?.toSorted()).toEqual([
    'http://schemas.microsoft.com/claims/multipleauthn',
    'https://refeds.org/profile/mfa',
    'https://refeds.org/profile/sfa',
    'phr',
    'urn:stile:acr:aal1',
    'urn:stile:acr:aal2',
  ]);
  expect(discovery.claims_supported).toContain('department');
  expect(discovery).toMatchObject({
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    ui_locales_supported: ['ar', 'de', 'en', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'zh-Hans'],
  });
});

test('client credentials give a machine a token without a person', async () => {
  const tokens = await client.clientCredentialsGrant(rp.config);
  expect(await client.tokenIntrospection(rp.config, tokens.access_token)).toMatchObject({
    active: true,
    client_id: 'rp',
  });
  expect(tokens.refresh_token).toBeUndefined();
});

test('userinfo tells what the scopes say', async () => {
  const { tokens, claims } = await rp.signIn(new Person(), { scope: 'openid profile email groups' }, as('ana'));
  expect(await client.fetchUserInfo(rp.config, tokens.access_token, claims.sub)).toEqual({
    sub: claims.sub,
    name: 'Ana Silva',
    preferred_username: 'ana',
    department: 'Treasury',
    email: 'ana@northfold.example',
    email_verified: true,
    groups: ['Finance'],
  });
});

describe('a third party', () => {
  test('is agreed to once, remembered, and can be taken back, which ends its tokens', async () => {
    const ana = someone();
    const partner = await RelyingParty.at(stile, { id: 'partner' });
    const person = new Person();
    const met: string[] = [];
    const scope = 'openid email';
    const first = await partner.signIn(person, { scope }, as(ana, { met }));
    expect(met).toEqual(['identify', 'prove:password', 'consent']);
    const silent = await partner.signIn(person, { scope, prompt: 'none' }, nobody);
    expect(silent.claims.sub).toBe(first.claims.sub);
    const more = await partner.signIn(person, { scope: 'openid email groups', prompt: 'none' }, nobody);
    expect(more.error).toBe('consent_required');

    const page = await person.go(`${stile.issuer}/account/applications`);
    expect(page.html).toContain('Partner');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] as string;
    const body = new URLSearchParams({ csrf, application: 'partner' });
    await person.go(`${stile.issuer}/account/applications/remove`, { method: 'POST', body });
    await expect(client.fetchUserInfo(partner.config, silent.tokens.access_token, first.claims.sub)).rejects.toThrow();
    expect((await partner.signIn(person, { scope, prompt: 'none' }, nobody)).error).toBe('consent_required');
  });

  test('is agreed to even when it asks for nothing but who somebody is', async () => {
    const partner = await RelyingParty.at(stile, { id: 'partner' });
    const met: string[] = [];
    const { claims } = await partner.signIn(new Person(), {}, as(someone(), { met }));
    expect(met).toContain('consent');
    expect(claims.sub).toBeTruthy();
  });

  test('is told access_denied when the person does not want to share', async () => {
    const partner = await RelyingParty.at(stile, { id: 'partner' });
    const answer = await partner.signIn(new Person(), { scope: 'openid email' }, async (person, page) => {
      const asked = await as(someone(), { until: (shown: Page) => shown.form?.fields.step === 'consent' })(
        person,
        page,
      );
      expect(asked.heading).toBe('Share your details with Partner?');
      return person.submit(asked, {}, { name: 'do', value: 'refuse' });
    });
    expect(answer.error).toBe('access_denied');
  });

  test('asked with prompt=consent, even a first party shows the page', async () => {
    const met: string[] = [];
    await rp.signIn(new Person(), { prompt: 'consent', scope: 'openid email' }, as(someone(), { met }));
    expect(met).toContain('consent');
  });
});

test('pairwise subjects differ between sectors, stay the same within one, and never are the user id', async () => {
  const ana = someone();
  const person = new Person();
  const open = await rp.signIn(person, {}, as(ana));
  const one = await RelyingParty.at(stile, { id: 'pair1' });
  const two = await RelyingParty.at(stile, { id: 'pair2', redirectUri: 'https://rp.example.org/cb' });
  const first = (await one.signIn(person, { prompt: 'none' }, nobody)).claims.sub;
  const elsewhere = new Person({ away: ['https://rp.example'] });
  const second = (await two.signIn(elsewhere, {}, as(ana))).claims.sub;
  expect(new Set([open.claims.sub, first, second]).size).toBe(3);
  expect((await one.signIn(new Person(), {}, as(ana))).claims.sub).toBe(first);
});

test('ES256 for whoever asks for it, RS256 for everybody else', async () => {
  const es = await RelyingParty.at(stile, { id: 'es', metadata: { id_token_signed_response_alg: 'ES256' } });
  const header = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0] as string, 'base64url').toString());
  expect(header((await es.signIn(new Person())).tokens.id_token as string).alg).toBe('ES256');
  expect(header((await rp.signIn(new Person())).tokens.id_token as string).alg).toBe('RS256');
});

test('a public client needs PKCE, and its pages may call the token endpoint from their own origin only', async () => {
  const spa = await RelyingParty.at(stile, { id: 'spa', auth: client.None() });
  expect((await spa.signIn(new Person())).claims.sub).toBeTruthy();
  const { url } = await spa.request();
  url.searchParams.delete('code_challenge');
  url.searchParams.delete('code_challenge_method');
  const bare = await new Person().go(url);
  expect(bare.url.searchParams.get('error')).toBe('invalid_request');

  const call = (origin: string) =>
    fetch(`${stile.issuer}/token`, {
      method: 'POST',
      headers: { origin },
      body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'spa', code: 'none' }),
    });
  expect((await call('https://spa.example')).headers.get('access-control-allow-origin')).toBe('https://spa.example');
  expect((await call('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
});

test('form_post answers with a page that works without script, and a request may come by POST', async () => {
  const { url, checks } = await rp.request({ response_mode: 'form_post' });
  const person = new Person();
  const start = await person.go(`${stile.issuer}/auth`, { method: 'POST', body: url.searchParams });
  const { delivery } = await as(someone())(person, start);
  const { action, fields, buttons } = delivery!;
  expect(buttons).toHaveLength(1);
  const answer = new Request(action, { method: 'POST', body: new URLSearchParams(fields) });
  const tokens = await client.authorizationCodeGrant(rp.config, answer, checks);
  expect(tokens.claims()?.acr).toBe('urn:stile:acr:aal1');
});
