/** The dynamic plan, with `private_key_jwt` as it prescribes. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { mintInitialAccessToken } from '../../src/protocols/oidc/registration/initial-access.ts';
import { secretsSealer } from '../../src/state/sealer.ts';
import { openDatabase } from '../../src/store/database.ts';
import { Registrations } from '../../src/store/registrations.ts';
import { openHouse, redirect, refusal, signedIn } from '../protocols/oidc/house.ts';
import { Person } from '../support/person.ts';
import { nobody, settings } from '../support/rp.ts';
import { type Stile, startStile, TEST_SECRET } from '../support/stile.ts';
import { CALLBACK, Party } from './party.ts';
import { planOf } from './plans.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

/** A client's keys, at an address of its own; `rotate` puts another in their place. */
class Keys {
  kid = 0;
  asked = 0;
  readonly #server: Server;
  #pair: Pair;

  private constructor(pair: Pair) {
    this.#pair = pair;
    this.#server = createServer(async (_req, res) => {
      this.asked += 1;
      const key = { ...(await exportJWK(this.#pair.publicKey)), kid: String(this.kid), alg: 'RS256', use: 'sig' };
      res.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys: [key] }));
    });
  }
  static async start(): Promise<Keys> {
    const keys = new Keys(await generateKeyPair('RS256'));
    await new Promise<void>((resolve) => keys.#server.listen(0, '127.0.0.1', resolve));
    return keys;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks`;
  }
  /** Assertions by the key there was until now. */
  async rotate(): Promise<Keys['assertion']> {
    const [pair, kid] = [this.#pair, this.kid];
    this.#pair = await generateKeyPair('RS256');
    this.kid += 1;
    return (client_id, audience) => signed(client_id, audience, pair, kid);
  }
  assertion(client_id: string, audience: string): Promise<Record<string, string>> {
    return signed(client_id, audience, this.#pair, this.kid);
  }
  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** RFC 7523 section 2.2. */
async function signed(client_id: string, audience: string, { privateKey }: Pair, kid: number) {
  const client_assertion = await new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'RS256', kid: String(kid) })
    .setIssuer(client_id)
    .setSubject(client_id)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(privateKey);
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return { client_id, client_assertion_type, client_assertion };
}

const WITH_QUERY = `${CALLBACK}/query?foo=bar`;
let stile: Stile;
let keys: Keys;

beforeAll(async () => {
  keys = await Keys.start();
  const application = (id: string, more: object = {}) => ({
    id,
    name: id,
    oidc: {
      client_id: id,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: keys.url,
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token'],
      ...more,
    },
  });
  stile = await startStile({
    config: settings({
      registration: { enabled: true, limit: 3, scopes: ['openid'] },
      applications: [
        application('own'),
        application('rs256', { id_token_signed_response_alg: 'RS256' }),
        application('signed', { userinfo_signed_response_alg: 'RS256' }),
        application('two', { redirect_uris: [CALLBACK, `${CALLBACK}/two`] }),
        application('query', { redirect_uris: [WITH_QUERY] }),
      ],
    }),
  });
});
afterAll(async () => {
  await stile?.stop();
  keys.stop();
});

const party = (id = 'own') => new Party(stile, id, { auth: () => keys.assertion(id, `${stile.issuer}/token`) });
const expectRefused = async (id: string, redirect_uri: string | undefined) => {
  const { page } = await party(id).ask(new Person(), { redirect_uri }, nobody);
  expect({ status: page.status, at: page.url.origin }).toEqual({ status: 400, at: stile.issuer });
  expect(page.html).toContain('redirect_uri');
};

planOf('oidcc-dynamic-certification-test-plan', {
  'oidcc-idtoken-rs256': [
    'signed as declared',
    async () => {
      expect((await party('rs256').signIn(new Person())).header.alg).toBe('RS256');
    },
  ],
  'oidcc-idtoken-unsigned': [
    'not offered to anybody',
    async () => {
      const response = await fetch(`${stile.issuer}/.well-known/openid-configuration`);
      const said = (await response.json()) as Record<string, string[]>;
      expect(said.id_token_signing_alg_values_supported).not.toContain('none');
    },
  ],
  'oidcc-userinfo-rs256': [
    'userinfo is a JWT for this client, signed as declared',
    async () => {
      const { tokens, claims } = await party('signed').signIn(new Person());
      const response = await fetch(`${stile.issuer}/me`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      expect(response.headers.get('content-type')).toMatch(/^application\/jwt/);
      const known = createRemoteJWKSet(new URL(`${stile.issuer}/jwks`));
      const { payload, protectedHeader } = await jwtVerify(await response.text(), known, {
        issuer: stile.issuer,
        audience: 'signed',
      });
      expect({ alg: protectedHeader.alg, sub: payload.sub }).toEqual({ alg: 'RS256', sub: claims.sub });
    },
  ],
  'oidcc-ensure-redirect-uri-in-authorization-request': [
    'of two that are declared none is chosen: a page says so',
    () => expectRefused('two', undefined),
  ],
  'oidcc-redirect-uri-query-OK': [
    'the query of the declared address comes back beside the answer',
    async () => {
      const rp = party('query');
      const { answer } = await rp.ask(new Person(), { redirect_uri: WITH_QUERY });
      expect(answer).toMatchObject({ foo: 'bar', code: expect.any(String), state: 'the state' });
      expect((await rp.redeem(answer, { redirect_uri: WITH_QUERY })).status).toBe(200);
    },
  ],
  'oidcc-redirect-uri-query-mismatch': [
    'another query is another address',
    () => expectRefused('query', `${CALLBACK}/query?foo=baz`),
  ],
  'oidcc-redirect-uri-query-added': [
    'a query more is another address',
    () => expectRefused('own', `${CALLBACK}?foo=bar`),
  ],
  'oidcc-redirect-uri-regfrag': [
    'an address with a fragment cannot be registered',
    async () => {
      const database = await openDatabase({ url: stile.databaseUrl as string });
      try {
        const registrations = new Registrations(database.knex, secretsSealer([TEST_SECRET]));
        const mint = mintInitialAccessToken({ registrations, scopes: ['openid'], now: Date.now });
        const { token } = await mint({ uses: 1, expires: 60, by: 'tests' });
        const response = await fetch(`${stile.issuer}/reg`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ client_name: 'Fragment', redirect_uris: [`${CALLBACK}#foobar`] }),
        });
        const { error } = (await response.json()) as { error: string };
        expect({ status: response.status, error }).toEqual({
          status: 400,
          error: expect.stringMatching(/^invalid_(redirect_uri|client_metadata)$/),
        });
      } finally {
        await database.close();
      }
    },
  ],
  'oidcc-discovery-endpoint-verification': [
    'where to register is announced',
    async () => {
      const response = await fetch(`${stile.issuer}/.well-known/openid-configuration`);
      const said = (await response.json()) as Record<string, unknown>;
      expect(said.registration_endpoint).toBe(`${stile.issuer}/reg`);
    },
  ],
  'oidcc-server': [
    'a sign-in of a client that proves its key',
    async () => {
      await party().told(new Person(), {});
    },
  ],
  'oidcc-refresh-token': [
    'it works, for this client alone',
    async () => {
      const { tokens, claims } = await party().signIn(new Person(), {
        scope: 'openid offline_access',
        prompt: 'consent',
      });
      const asked = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
      expect((await party('rs256').token(asked)).json.error).toBe('invalid_grant');
      const { json } = await party().token(asked);
      expect((await party().userinfo(json.access_token)).claims.sub).toBe(claims.sub);
    },
  ],
  // A minute passes in it, so it runs in this process, where time is ours.
  'oidcc-refresh-token-rp-key-rotation': [
    'a minute after the client changed its key the new one is believed, and the old one no more',
    async () => {
      jest.useFakeTimers({ now: Date.now(), doNotFake: [...realTimers] });
      const [house, own] = [await openHouse(), await Keys.start()];
      try {
        house.applications.set('own', {
          ...house.applications.get('mail')!,
          id: 'own',
          settings: {
            client_id: 'own',
            token_endpoint_auth_method: 'private_key_jwt',
            jwks_uri: own.url,
            redirect_uris: [redirect],
            grant_types: ['authorization_code', 'refresh_token'],
          },
        });
        const token = async (body: Record<string, string>, auth: Record<string, string>) => {
          const response = await fetch(`${house.issuer}/token`, {
            method: 'POST',
            body: new URLSearchParams({ ...body, ...auth }),
          });
          return (await response.json()) as Record<string, string>;
        };
        const chrome = await signedIn(house, 'ana', 'password');
        const params = {
          client_id: 'own',
          response_type: 'code',
          redirect_uri: redirect,
          scope: 'openid offline_access',
        };
        const back = await chrome.go(`${house.issuer}/auth?${new URLSearchParams(params)}`);
        expect(refusal(back.to)).toBeNull();
        const code = {
          grant_type: 'authorization_code',
          code: back.to.searchParams.get('code')!,
          redirect_uri: redirect,
        };
        const first = await token(code, await own.assertion('own', house.issuer));
        const byTheOld = await own.rotate();
        jest.setSystemTime(Date.now() + 61_000);
        const refresh = { grant_type: 'refresh_token', refresh_token: first.refresh_token as string };
        const second = await token(refresh, await own.assertion('own', house.issuer));
        expect(second).toMatchObject({ access_token: expect.any(String), refresh_token: expect.any(String) });
        const stale = await token(
          { ...refresh, refresh_token: second.refresh_token as string },
          await byTheOld('own', house.issuer),
        );
        expect(stale.error).toBe('invalid_client');
      } finally {
        house.close();
        own.stop();
        jest.useRealTimers();
      }
    },
  ],
  'oidcc-ensure-client-assertion-with-iss-aud-succeeds': [
    'an assertion for the issuer is one for its token endpoint',
    async () =>
      void (await new Party(stile, 'own', { auth: () => keys.assertion('own', stile.issuer) }).signIn(new Person())),
  ],
});

/** All but Date. */
const realTimers = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;
