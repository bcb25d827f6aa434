/** Two nodes of one service whose clocks are a minute apart, either way: what one began the other ends. */
import { pathToFileURL } from 'node:url';
import * as client from 'openid-client';
import { Prover } from '../protocols/oidc/prover.ts';
import { Person } from '../support/person.ts';
import { as, MFA, newcomer, nobody, RelyingParty, settings, someone } from '../support/rp.ts';
import { freePort, type Stile, startStile, TEST_SECRET } from '../support/stile.ts';
import { form, raw } from './attacker.ts';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const config = settings({
  totp: { window: 2 },
  applications: [
    {
      id: 'tv',
      name: 'Television',
      oidc: { client_id: 'tv', token_endpoint_auth_method: 'none', grant_types: [DEVICE] },
    },
  ],
});

describe.each([
  ['ahead', 60_000],
  ['behind', -60_000],
])('the other node is a minute %s', (_which, ahead) => {
  let right: Stile;
  let wrong: Stile;
  /** Where each of them answers. */
  let nodes: readonly [string, string];
  let rp: RelyingParty;

  beforeAll(async () => {
    right = await startStile({ config });
    const port = await freePort();
    const { databaseUrl: DATABASE_URL = '', redisUrl: REDIS_URL = '', issuer: ISSUER } = right;
    const clock = {
      NODE_OPTIONS: `--import=${pathToFileURL('test/support/clock.mjs')}`,
      CLOCK_AHEAD: String(ahead),
    };
    const env = { DATABASE_URL, REDIS_URL, ISSUER, STILE_SECRET: TEST_SECRET, PORT: String(port), ...clock };
    wrong = await startStile({ config, embedded: true, env });
    nodes = [right.issuer, `http://localhost:${port}`];
    rp = await RelyingParty.at(right);
  });
  afterAll(async () => {
    expect(right.output() + wrong.output()).not.toMatch(/"level":(50|60)/);
    await wrong.stop();
    await right.stop();
  });

  const at = (node: string, url: URL | string) => Object.assign(new URL(url), { host: new URL(node).host });
  const basic = `Basic ${btoa('rp:a+client+secret+for+tests')}`;
  async function post(node: string, path: string, fields: Record<string, string>, more: Record<string, string> = {}) {
    const sent = form(fields);
    const answer = await raw(node, path, { ...sent, headers: { ...sent.headers, ...more } });
    return JSON.parse(answer.body) as Record<string, string>;
  }
  async function signIn(person: Person, node: string, walker: typeof nobody, more: Record<string, string> = {}) {
    const { url, checks } = await rp.request(more);
    const end = await walker(person, await person.go(at(node, url)));
    return { end: end.url, checks };
  }

  test('who signed in at one is known at the other, and its code is redeemed there', async () => {
    for (const [first, second] of [nodes, nodes.toReversed()] as [string, string][]) {
      const person = new Person();
      const ana = someone();
      await signIn(person, first, as(ana));
      const { end, checks } = await signIn(person, second, nobody, { prompt: 'none' });
      const grant = { grant_type: 'authorization_code', code: end.searchParams.get('code') ?? '' };
      const proof = { code_verifier: checks.pkceCodeVerifier, redirect_uri: rp.redirectUri };
      const tokens = await post(first, '/token', { ...grant, ...proof }, { authorization: basic });
      expect(tokens.error).toBeUndefined();
      const me = await fetch(`${second}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
      expect(me.status).toBe(200);
      const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
      expect((await post(second, '/token', refresh, { authorization: basic })).error).toBeUndefined();
    }
  });

  test('an ID token of either is taken by a client whose clock is right', async () => {
    for (const node of nodes) {
      const { end, checks } = await signIn(new Person(), node, as(someone()));
      const redeemed = await client.authorizationCodeGrant(rp.config, end, checks);
      expect(redeemed.claims()?.iss).toBe(right.issuer);
    }
  });

  test('a code of an authenticator app counts at both, with a window of two steps, and once', async () => {
    for (const node of nodes) {
      const { end } = await signIn(new Person(), node, as(someone()), { acr_values: MFA });
      expect(end.searchParams.get('error')).toBeNull();
    }
  });

  test('a DPoP proof of now is good at both, and at one of them', async () => {
    const prover = await Prover.make();
    for (const [first, second] of [nodes, nodes.toReversed()] as [string, string][]) {
      const dpop = await prover.proof({ url: `${right.issuer}/token` });
      const ask = (node: string) =>
        post(node, '/token', { grant_type: 'client_credentials' }, { authorization: basic, dpop });
      expect((await ask(first)).token_type).toBe('DPoP');
      expect((await ask(second)).error).toMatch(/^invalid_/);
    }
  });

  test('a device that asked at one is approved and answered at the other', async () => {
    for (const [first, second] of [nodes, nodes.toReversed()] as [string, string][]) {
      const started = await post(first, '/device_authorization', { client_id: 'tv', scope: 'openid' });
      const person = new Person();
      const entered = await person.submit(await person.go(`${second}/device`), { user_code: started.user_code ?? '' });
      const page = await as(newcomer(), { until: ({ url }) => url.pathname.startsWith('/device') })(person, entered);
      const done = await person.submit(page, { same: 'yes' }, { name: 'do', value: 'approve' });
      expect(done.url.searchParams.get('said')).toBe('approved');
      const poll = { grant_type: DEVICE, client_id: 'tv', device_code: started.device_code ?? '' };
      expect((await post(first, '/token', poll)).error).toBeUndefined();
    }
  });

  test('asked to sign in again (prompt=login), nobody does it twice, whichever node asks', async () => {
    for (const node of nodes) {
      const person = new Person();
      const mei = newcomer();
      await signIn(person, right.issuer, as(mei));
      const met: string[] = [];
      const { end } = await signIn(person, node, as(mei, { met }), { prompt: 'login' });
      expect(end.searchParams.get('error')).toBeNull();
      expect(met.filter((step) => step === 'prove:password').length).toBeLessThanOrEqual(1);
    }
  });
});
