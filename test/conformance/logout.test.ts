import { decodeJwt, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { Listener } from '../support/listener.ts';
import { type Page, Person } from '../support/person.ts';
import { as, newcomer, settings } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { CALLBACK, Party, secret } from './party.ts';
import { planOf } from './plans.ts';

const BYE = 'https://rp.example/bye';
let stile: Stile;
let told: Listener;

beforeAll(async () => {
  told = await Listener.start();
  const told_at = { backchannel_logout_uri: told.url, backchannel_logout_session_required: true };
  const oidc = {
    client_id: 'told',
    client_secret: secret,
    redirect_uris: [CALLBACK],
    post_logout_redirect_uris: [BYE],
  };
  stile = await startStile({
    config: settings({ applications: [{ id: 'told', name: 'Told', oidc: { ...oidc, ...told_at } }] }),
  });
});
afterAll(async () => {
  await stile?.stop();
  await told.stop();
});

const announced = async () =>
  (await (await fetch(`${stile.issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>;

/** Signs in, then asks to sign out with these parameters; `yes` presses the button where there is one. */
async function leave(params: (idToken: string) => Promise<Record<string, string>> | Record<string, string>, id = 'rp') {
  const [person, rp] = [new Person(), new Party(stile, id)];
  const { tokens, claims } = await rp.signIn(person, {}, as(newcomer()));
  const asked = new URLSearchParams(await params(tokens.id_token));
  const page = await person.go(`${stile.issuer}/session/end?${asked}`);
  const confirm = () => person.submit(page, {}, { name: 'logout', value: 'yes' });
  const silently = () => rp.silently(person);
  return { page, confirm, silently, claims };
}
const expectHere = (page: Page) => expect(page.url.origin).toBe(stile.issuer);

/** A request we do not trust: a page of ours, and never the way to where it wanted. */
const expectNoWayBack =
  (params: (idToken: string) => Promise<Record<string, string>> | Record<string, string>) => async () => {
    const { page, confirm } = await leave(params);
    expectHere(page);
    if (page.status >= 400) return;
    expect(page.heading).toMatch(/^Sign out of/);
    expectHere(await confirm());
  };
/** Signed out, on a page that says so. */
const expectSignedOut = (params: (idToken: string) => Record<string, string>) => async () => {
  const { page, confirm, silently } = await leave(params);
  expect(page.status).toBe(200);
  const end = await confirm();
  expectHere(end);
  expect(end.heading).toBe('You are signed out');
  expect((await silently()).error).toBe('login_required');
};
const expectBack = (state: string | undefined) => async () => {
  const { page, confirm, silently } = await leave((id_token_hint) => ({
    id_token_hint,
    post_logout_redirect_uri: BYE,
    ...(state ? { state } : {}),
  }));
  expect(page.status).toBe(200);
  const end = await confirm();
  expect(end.url.href).toBe(state ? `${BYE}?state=${state}` : BYE);
  expect((await silently()).error).toBe('login_required');
};

planOf('oidcc-rp-initiated-logout-certification-test-plan', {
  'oidcc-rp-initiated-logout-discovery-endpoint-verification': [
    'end_session_endpoint is announced',
    async () => {
      expect((await announced()).end_session_endpoint).toBe(`${stile.issuer}/session/end`);
    },
  ],
  'oidcc-rp-initiated-logout': ['back at the client with its state, and signed out', expectBack('xyz')],
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': [
    'an address nobody declared is no way back',
    expectNoWayBack((id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: 'https://rp.example/elsewhere' })),
  ],
  'oidcc-rp-initiated-logout-modified-id-token-hint': [
    'a hint without its signature is none',
    expectNoWayBack((hint) => ({
      id_token_hint: new UnsecuredJWT(decodeJwt(hint)).encode(),
      post_logout_redirect_uri: BYE,
    })),
  ],
  'oidcc-rp-initiated-logout-no-id-token-hint': [
    'nobody is named, so there is no way back',
    expectNoWayBack(() => ({ post_logout_redirect_uri: BYE })),
  ],
  'oidcc-rp-initiated-logout-no-params': ['signed out, and told so', expectSignedOut(() => ({}))],
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': [
    'signed out, and told so',
    expectSignedOut((id_token_hint) => ({ id_token_hint, state: 'xyz' })),
  ],
  'oidcc-rp-initiated-logout-no-state': ['back at the client without one', expectBack(undefined)],
  'oidcc-rp-initiated-logout-only-state': ['signed out, and told so', expectSignedOut(() => ({ state: 'xyz' }))],
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': [
    'an address with a query more is another one',
    expectNoWayBack((id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: `${BYE}?foo=bar` })),
  ],
  'oidcc-rp-initiated-logout-bad-id-token-hint': [
    'a hint somebody else signed is none',
    expectNoWayBack(async (hint) => ({
      id_token_hint: await new SignJWT(decodeJwt(hint))
        .setProtectedHeader({ alg: 'RS256' })
        .sign((await generateKeyPair('RS256')).privateKey),
      post_logout_redirect_uri: BYE,
    })),
  ],
});

planOf('oidcc-backchannel-rp-initiated-logout-certification-test-plan', {
  'oidcc-backchannel-logout-discovery-endpoint-verification': [
    'announced, with sessions',
    async () => {
      expect(await announced()).toMatchObject({
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        end_session_endpoint: `${stile.issuer}/session/end`,
      });
    },
  ],
  'oidcc-backchannel-rp-initiated-logout': [
    'the client is told by a token of section 2.4, the person comes back, and is signed out',
    async () => {
      const { confirm, silently, claims } = await leave(
        (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: BYE, state: 'xyz' }),
        'told',
      );
      expect((await confirm()).url.href).toBe(`${BYE}?state=xyz`);
      const [post = ''] = await told.received(1);
      const token = new URLSearchParams(post).get('logout_token') as string;
      const said = decodeJwt(token);
      expect(said).toMatchObject({
        iss: stile.issuer,
        aud: 'told',
        sub: claims.sub,
        sid: claims.sid,
        iat: expect.any(Number),
        exp: expect.any(Number),
        jti: expect.any(String),
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      });
      expect(said).not.toHaveProperty('nonce');
      expect(JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString())).toMatchObject({
        alg: 'RS256',
      });
      expect((await silently()).error).toBe('login_required');
    },
  ],
});
