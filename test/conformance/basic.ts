/** The basic plan's cases, which the form-post plan runs again with `response_mode=form_post`. */
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import * as client from 'openid-client';
import { Person } from '../support/person.ts';
import { as, newcomer, nobody, settings, someone } from '../support/rp.ts';
import type { Stile } from '../support/stile.ts';
import { aSecondLater, CALLBACK, Party, type PartyOptions, secret } from './party.ts';
import type { Modules } from './plans.ts';

const keys = await generateKeyPair('RS256', { extractable: true });

export const configuration = async () =>
  settings({
    applications: [
      {
        id: 'other',
        name: 'Other',
        oidc: {
          client_id: 'other',
          client_secret: secret,
          redirect_uris: [CALLBACK],
          grant_types: ['authorization_code', 'refresh_token'],
        },
      },
      {
        id: 'post',
        name: 'Post',
        oidc: {
          client_id: 'post',
          client_secret: secret,
          redirect_uris: [CALLBACK],
          token_endpoint_auth_method: 'client_secret_post',
        },
      },
      {
        id: 'signing',
        name: 'Signing',
        oidc: {
          client_id: 'signing',
          client_secret: secret,
          redirect_uris: [CALLBACK],
          jwks: { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] },
        },
      },
    ],
  });

type Cases = Record<Modules<'oidcc-basic-certification-test-plan'>, readonly [string, () => Promise<void>]>;

export function basicCases(stile: () => Stile, mode: 'query' | 'form_post'): Cases {
  const party = (id?: string, more: PartyOptions = {}) => new Party(stile(), id, { mode, ...more });
  const discovery = async () =>
    (await (await fetch(`${stile().issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>;
  /** The page a first request of this kind leads to, and that signing in there works. */
  const page = async (more: Record<string, string>) => {
    const person = new Person();
    const rp = party();
    const first = (await rp.ask(person, more, nobody)).page;
    expect({ status: first.status, fields: Object.keys(first.form?.fields ?? {}) }).toEqual({
      status: 200,
      fields: expect.arrayContaining(['username']),
    });
    const { answer } = rp.read(await as(newcomer())(person, first));
    await rp.check(answer!, more);
    return first;
  };
  /** Signs in, then asks again. */
  const twice = async (
    first: Record<string, string>,
    second: Record<string, string> | ((idToken: string) => Record<string, string>),
    between?: () => Promise<void>,
  ) => {
    const [person, rp, who, met] = [new Person(), party(), newcomer(), [] as string[]];
    const before = await rp.signIn(person, first, as(who));
    await between?.();
    const more = typeof second === 'function' ? second(before.tokens.id_token) : second;
    const after = await rp.signIn(person, more, as(who, { met }));
    expect(after.claims.sub).toBe(before.claims.sub);
    return { before: before.claims, after: after.claims, met };
  };
  const scope = (names: string, told: object) => async () => {
    const who = someoneWithMail();
    expect(await party().told(new Person(), { scope: `openid ${names}` }, as(who))).toMatchObject(told);
  };
  const reuse = async () => {
    const rp = party();
    const { answer } = await rp.ask(new Person());
    const first = await rp.redeem(answer);
    expect((await rp.userinfo(first.json.access_token)).status).toBe(200);
    const second = await rp.redeem(answer);
    expect({ status: second.status, error: second.json.error }).toEqual({ status: 400, error: 'invalid_grant' });
    expect((await rp.userinfo(first.json.access_token)).status).toBe(401);
  };

  return {
    'oidcc-server': [
      'a sign-in, everything in its answers, and the token at userinfo',
      async () => {
        await party().told(new Person(), {});
      },
    ],
    'oidcc-response-type-missing': [
      'an error, back at the client or on a page',
      async () => {
        const { answer, page } = await party().ask(new Person(), { response_type: undefined }, nobody);
        if (answer) expect(answer.error).toMatch(/^(unsupported_response_type|invalid_request)$/);
        else
          expect({ status: page.status, said: page.html }).toEqual({
            status: 400,
            said: expect.stringContaining('response_type'),
          });
      },
    ],
    'oidcc-idtoken-signature': [
      'RS256 unless another algorithm was declared, with a kid that is published',
      async () => {
        const { header } = await party().signIn(new Person());
        expect(header.alg).toBe('RS256');
        const { keys: known } = (await (await fetch(`${stile().issuer}/jwks`)).json()) as { keys: { kid: string }[] };
        expect(known.map(({ kid }) => kid)).toContain(header.kid);
      },
    ],
    'oidcc-idtoken-unsigned': [
      'unsigned ID tokens are not offered, so nobody can ask for them',
      async () => {
        expect((await discovery()).id_token_signing_alg_values_supported).toEqual(['RS256', 'ES256']);
      },
    ],
    'oidcc-userinfo-get': ['by GET', async () => expectUserinfo('get')],
    'oidcc-userinfo-post-header': ['by POST with the token in the header', async () => expectUserinfo('header')],
    'oidcc-userinfo-post-body': ['by POST with the token in the body', async () => expectUserinfo('body')],
    'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': [
      'no nonce asked, none said',
      async () => {
        const { claims } = await party().signIn(new Person(), { nonce: undefined });
        expect(claims).not.toHaveProperty('nonce');
      },
    ],
    'oidcc-scope-profile': ['the name comes', scope('profile', { name: 'Ana Silva', preferred_username: 'ana' })],
    'oidcc-scope-email': [
      'the address comes, and whether it was verified',
      scope('email', { email: 'ana@northfold.example', email_verified: true }),
    ],
    'oidcc-scope-address': [
      'which we do not know, is passed over and is not announced',
      async () => {
        await scope('address', {})();
        expect((await discovery()).scopes_supported).not.toContain('address');
      },
    ],
    'oidcc-scope-phone': [
      'which we do not know, is passed over and is not announced',
      async () => {
        await scope('phone', {})();
        expect((await discovery()).scopes_supported).not.toContain('phone');
      },
    ],
    'oidcc-scope-all': [
      'those we know are answered beside those we do not',
      scope('address email phone profile', { name: 'Ana Silva', email: 'ana@northfold.example' }),
    ],
    'oidcc-alternate-happy-flow': [
      'in any order of scopes and parameters',
      async () => {
        const rp = party();
        const turned = new URLSearchParams([...rp.params({ scope: 'profile email openid' })].reverse());
        const person = new Person();
        const end = await as(newcomer())(person, await person.go(`${stile().issuer}/auth?${turned}`));
        await rp.check(rp.read(end).answer!);
      },
    ],
    'oidcc-display-page': ['a page to sign in on', async () => void (await page({ display: 'page' }))],
    'oidcc-display-popup': ['a page to sign in on', async () => void (await page({ display: 'popup' }))],
    'oidcc-prompt-login': [
      'asks again, and auth_time is later',
      async () => {
        const { before, after, met } = await twice({}, { prompt: 'login' }, aSecondLater);
        expect(met).toContain('prove:password');
        expect(after.auth_time).toBeGreaterThan(before.auth_time as number);
      },
    ],
    'oidcc-prompt-none-not-logged-in': [
      'back with an error of section 3.1.2.6, and no page',
      async () => {
        expect(await party().silently(new Person())).toMatchObject({ error: 'login_required', state: 'the state' });
      },
    ],
    'oidcc-prompt-none-logged-in': [
      'goes on at once, about the same person and the same sign-in',
      async () => {
        const { before, after, met } = await twice({}, { prompt: 'none' });
        expect({ met, at: after.auth_time }).toEqual({ met: [], at: before.auth_time });
      },
    ],
    'oidcc-max-age-1': [
      'asks again once the sign-in is older, and says when',
      async () => {
        const { before, after, met } = await twice({}, { max_age: '1' }, async () => {
          await aSecondLater();
          await aSecondLater();
        });
        expect(met).toContain('prove:password');
        expect(after.auth_time).toBeGreaterThan(before.auth_time as number);
      },
    ],
    'oidcc-max-age-10000': [
      'asks nobody who signed in since, and says when they did',
      async () => {
        const { before, after, met } = await twice({ max_age: '15000' }, { max_age: '10000' });
        expect(met).toEqual([]);
        expect(before.auth_time).toEqual(expect.any(Number));
        expect(after.auth_time).toBe(before.auth_time);
      },
    ],
    'oidcc-ensure-request-with-unknown-parameter-succeeds': [
      'unknown parameters are ignored',
      async () => void (await party().signIn(new Person(), { extra: 'foobar' })),
    ],
    'oidcc-id-token-hint': [
      'with prompt=none, at once, about the person it names',
      async () => {
        const { before, after, met } = await twice({}, (hint) => ({ prompt: 'none', id_token_hint: hint }));
        expect({ met, at: after.auth_time }).toEqual({ met: [], at: before.auth_time });
      },
    ],
    'oidcc-login-hint': [
      'fills the name in, and nothing breaks',
      async () => {
        const login_hint = 'buffy@northfold.example';
        expect((await page({ login_hint })).form?.fields.username).toBe(login_hint);
      },
    ],
    'oidcc-ui-locales': [
      'our language where we have it, and no error where we have not',
      async () => {
        expect((await page({ ui_locales: 'de' })).html).toContain('lang="de"');
        await page({ ui_locales: 'se' });
      },
    ],
    'oidcc-claims-locales': ['no error', async () => void (await page({ claims_locales: 'se' }))],
    'oidcc-ensure-request-with-acr-values-succeeds': [
      'every value announced, at once: it succeeds, and one of them is said',
      async () => {
        const { acr_values_supported: announced } = (await discovery()) as { acr_values_supported: string[] };
        expect(announced.length).toBeGreaterThan(0);
        const { claims } = await party().signIn(new Person(), { acr_values: announced.join(' ') }, as(someone()));
        expect(announced).toContain(claims.acr);
      },
    ],
    'oidcc-codereuse': ['invalid_grant, and what the code had given is taken back', reuse],
    'oidcc-codereuse-30seconds': ['the same, however much later: the code stays spent', reuse],
    'oidcc-ensure-registered-redirect-uri': [
      'a page says so, and nobody is sent there',
      async () => {
        const redirect_uri = 'https://rp.example/cb/other';
        const { page } = await party().ask(new Person(), { redirect_uri }, nobody);
        expect({ status: page.status, at: page.url.origin }).toEqual({ status: 400, at: stile().issuer });
        expect(page.html).toContain('redirect_uri');
      },
    ],
    'oidcc-ensure-post-request-succeeds': [
      'the request may be posted, from another site too',
      async () => {
        const rp = party();
        const person = new Person();
        const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://rp.example' };
        const start = await person.go(`${stile().issuer}/auth`, { method: 'POST', body: rp.params(), headers });
        await rp.check(rp.read(await as(newcomer())(person, start)).answer!);
      },
    ],
    'oidcc-server-client-secret-post': [
      'a sign-in of a client that sends its secret in the body',
      async () =>
        void (await party('post', { auth: () => ({ client_id: 'post', client_secret: secret }) }).told(
          new Person(),
          {},
        )),
    ],
    'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported': [
      'nothing is fetched: refused, and discovery says that it is not supported',
      async () => {
        const { answer } = await party().ask(new Person(), { request_uri: 'https://rp.example/object' }, nobody);
        expect(answer).toMatchObject({ error: 'request_uri_not_supported', state: 'the state' });
        const said = await discovery();
        expect(said.request_uri_parameter_supported).toBe(false);
        expect(said.request_object_signing_alg_values_supported).not.toContain('none');
      },
    ],
    'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported': [
      'refused, not ignored',
      async () => {
        const request = new UnsecuredJWT({ state: 'the state of the object' }).setIssuer('rp').encode();
        const { answer } = await party().ask(new Person(), { request }, nobody);
        expect(answer?.error).toMatch(/^(request_not_supported|invalid_request_object)$/);
      },
    ],
    'oidcc-claims-essential': [
      'the name, asked for as essential, comes',
      async () => {
        const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
        expect(await party().told(new Person(), { claims }, as(someoneWithMail()))).toHaveProperty('name', 'Ana Silva');
      },
    ],
    'oidcc-ensure-request-object-with-redirect-uri': [
      'the address in the signed object counts, not the one beside it',
      async () => {
        const rp = party('signing');
        const request = await new SignJWT(Object.fromEntries(rp.params()))
          .setProtectedHeader({ alg: 'RS256', kid: 'one' })
          .setIssuer('signing')
          .setAudience(stile().issuer)
          .setExpirationTime('1m')
          .setIssuedAt()
          .setNotBefore('0s')
          .setJti(crypto.randomUUID())
          .sign(keys.privateKey);
        await rp.signIn(new Person(), { request, redirect_uri: 'https://rp.example/cb/beside' });
      },
    ],
    'oidcc-refresh-token': [
      'it works, for this client alone, and the ID token is about the same person and sign-in',
      async () => {
        const rp = party();
        const { tokens, claims } = await rp.signIn(new Person(), { scope: 'openid offline_access', prompt: 'consent' });
        const asked = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
        const stolen = await party('other').token(asked);
        expect({ status: stolen.status, error: stolen.json.error }).toEqual({ status: 400, error: 'invalid_grant' });
        const { status, json } = await rp.token(asked);
        expect(status).toBe(200);
        const again = JSON.parse(Buffer.from(json.id_token.split('.')[1] as string, 'base64url').toString());
        const { iss, sub, aud, auth_time } = claims;
        expect(again).toMatchObject({ iss, sub, aud, auth_time });
        expect((await rp.userinfo(json.access_token)).claims.sub).toBe(sub);
      },
    ],
    'oidcc-ensure-request-with-valid-pkce-succeeds': [
      'with the verifier, and only with it',
      async () => {
        const rp = party();
        const code_verifier = client.randomPKCECodeVerifier();
        const code_challenge = await client.calculatePKCECodeChallenge(code_verifier);
        const asked = { code_challenge, code_challenge_method: 'S256' };
        const person = new Person();
        const good = await rp.ask(person, asked);
        expect((await rp.redeem(good.answer, { code_verifier })).status).toBe(200);
        const bad = await rp.ask(person, asked, nobody);
        expect((await rp.redeem(bad.answer)).json.error).toBe('invalid_grant');
      },
    ],
  };

  async function expectUserinfo(how: 'get' | 'header' | 'body'): Promise<void> {
    const rp = party();
    const { tokens, claims } = await rp.signIn(new Person());
    const told = await rp.userinfo(tokens.access_token, how);
    expect({ status: told.status, sub: told.claims.sub }).toEqual({ status: 200, sub: claims.sub });
  }
}

/** The one person here who has everything a scope could ask for. */
const someoneWithMail = () => 'ana';
