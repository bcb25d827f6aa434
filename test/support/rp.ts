/** An independent relying party on openid-client, and how a person walks through Stile's pages for it. */
import { createHash } from 'node:crypto';
import { hashSync } from '@node-rs/argon2';
import * as client from 'openid-client';
import { codeAt } from '../../src/methods/totp/code.ts';
import type { Page, Person } from './person.ts';
import type { Stile } from './stile.ts';

export const PASSWORD = 'over-the-wall';
const password_hash = hashSync(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
export const CALLBACK = 'https://rp.example/cb';
export const MFA = 'https://refeds.org/profile/mfa';

/** People and clients the flow tests share; `more` is merged over it, and `each` is how many of a kind of people there are. */
export const settings = (
  more: { applications?: object[]; users?: object[] } & Record<string, unknown> = {},
  each = EACH,
) => ({
  enrolment: { first: 'password' },
  // These people's browsers run no script, so that what needs one is beyond them.
  stores: [{ id: 'local', methods: { webauthn: 'off' } }],
  ...more,
  applications: [
    {
      id: 'rp',
      name: 'Payroll',
      oidc: {
        client_id: 'rp',
        client_secret: 'a client secret for tests',
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        post_logout_redirect_uris: ['https://rp.example/bye'],
      },
    },
    ...(more.applications ?? []),
  ],
  users: [
    {
      username: 'ana',
      name: 'Ana Silva',
      email: 'ana@northfold.example',
      email_verified: true,
      groups: ['Finance'],
      claims: { department: 'Treasury' },
      password_hash,
      methods: { totp: { secret: secretOf('ana') } },
    },
    { username: 'bob', name: 'Bob', password_hash },
    ...Array.from({ length: each }, (_, i) => ({
      username: `ana${i}`,
      name: `Ana ${i}`,
      password_hash,
      methods: { totp: { secret: secretOf(`ana${i}`) } },
    })),
    ...Array.from({ length: each }, (_, i) => ({ username: `mei${i}`, name: `Mei ${i}`, password_hash })),
    ...(more.users ?? []),
  ],
});

/** As many people of each kind as the tests of one file may need: a code counts once, so each test has its own. */
const EACH = 40;
let someones = 0;
let newcomers = 0;
/** Somebody with a password and an authenticator app whom no other test of this file has met. */
export const someone = (): string => `ana${someones++}`;
/** Somebody with a password only. */
export const newcomer = (): string => `mei${newcomers++}`;

/** The TOTP secret of one of these people: base32 of 20 bytes made from the name. */
export function secretOf(username: string): string {
  const bits = [...createHash('sha256').update(username).digest().subarray(0, 20)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  return bits.replace(/.{5}/g, (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)] as string);
}

export interface Answer {
  /** What the redirect to the relying party said, if it was an error. */
  readonly error?: string;
  readonly description?: string;
  readonly tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;
  readonly claims: client.IDToken;
}

export class RelyingParty {
  readonly config: client.Configuration;
  readonly redirectUri: string;

  private constructor(config: client.Configuration, redirectUri: string) {
    this.config = config;
    this.redirectUri = redirectUri;
  }

  static async at(
    stile: Pick<Stile, 'issuer'>,
    registration: {
      id?: string;
      secret?: string;
      redirectUri?: string;
      auth?: client.ClientAuth;
      metadata?: Partial<client.ClientMetadata>;
    } = {},
  ): Promise<RelyingParty> {
    const { id = 'rp', secret = 'a client secret for tests', redirectUri = CALLBACK, auth, metadata } = registration;
    const config = await client.discovery(
      new URL(stile.issuer),
      id,
      auth ? metadata : { client_secret: secret, ...metadata },
      auth,
      {
        execute: [client.allowInsecureRequests],
      },
    );
    return new RelyingParty(config, redirectUri);
  }

  /** The address a person is sent to, and what the answer is checked against. */
  async request(params: Record<string, string> = {}) {
    const verifier = client.randomPKCECodeVerifier();
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    const url = client.buildAuthorizationUrl(this.config, {
      redirect_uri: this.redirectUri,
      scope: 'openid',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...params,
    });
    return { url, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce } };
  }

  /** One whole sign-in: `person` goes there, `walker` answers what is asked, the code is redeemed, with `more` beside it. */
  async signIn(
    person: Person,
    params: Record<string, string> = {},
    walker: Walker = as(someone()),
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const { url, checks } = await this.request(params);
    const end = await walker(person, await person.go(url));
    const error = end.url.searchParams.get('error');
    if (!end.url.href.startsWith(this.redirectUri)) {
      throw new Error(`stopped at ${end.url}: ${end.status} ${end.heading}`);
    }
    if (error) return { error, description: end.url.searchParams.get('error_description') ?? '' } as Answer;
    return this.redeem(end.url, checks, more);
  }

  /** Redeems the code a person came back with, at this address. */
  async redeem(
    url: URL,
    checks: client.AuthorizationCodeGrantChecks,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const tokens = await client.authorizationCodeGrant(this.config, url, checks, more);
    return { tokens, claims: tokens.claims() as client.IDToken };
  }
}

/** How a person answers the pages until they are somewhere else, or at a page they do not answer. */
export type Walker = (person: Person, page: Page) => Promise<Page>;

/** Presses nothing: whatever comes is the end. */
export const nobody: Walker = async (_person, page) => page;

const period = 30_000;
const codeOf = (secret: string, step: number) => codeAt({ secret, algorithm: 'SHA1', digits: 6 }, step * period);
const spent = new Map<string, number>();

/** What the app shows now: for a server that has seen no code of this secret before. */
export const codeNow = (secret: string): string => codeOf(secret, Math.floor(Date.now() / period));

/** A code of this secret that nobody has spent yet: the current one, else the next, which the window allows. */
export function freshCode(secret: string): string {
  const now = Math.floor(Date.now() / period);
  const step = Math.max(now, (spent.get(secret) ?? 0) + 1);
  // It would be refused, and the test would fail far from the cause, on fast machines only.
  if (step > now + 1) throw new Error('this secret has no unspent code now: let the test have a person of its own');
  spent.set(secret, step);
  return codeOf(secret, step);
}

/** Knows the person's name, password and authenticator app, and notes which pages were met. */
export function as(
  username: string,
  more: { met?: string[]; secret?: string; password?: string; until?: (page: Page) => boolean } = {},
): Walker {
  return async (person, start) => {
    let page = start;
    for (let pages = 0; page.form && pages < 12; pages++) {
      if (more.until?.(page)) return page;
      const { fields } = page.form;
      const step = fields.step ?? '';
      // A browser without script makes no passkey.
      if (step === 'register:webauthn') {
        page = await person.submit(page, {}, { name: 'method', value: 'totp' });
        continue;
      }
      more.met?.push(step);
      if (step === 'identify') page = await person.submit(page, { username });
      else if (step === 'prove:password') page = await person.submit(page, { password: more.password ?? PASSWORD });
      else if (step === 'prove:totp')
        page = await person.submit(page, { code: freshCode(more.secret ?? secretOf(username)) });
      else if (step === 'register:totp') {
        const secret = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(page.html)?.[1]?.replaceAll(' ', '') as string;
        more.secret = secret;
        page = await person.submit(page, { code: freshCode(secret) });
      } else if (step === 'register:recovery-code')
        page = await person.submit(page, {}, { name: 'do', value: 'later' });
      else page = await person.submit(page);
    }
    return page;
  };
}
