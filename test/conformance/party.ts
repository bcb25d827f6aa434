/** A relying party that believes nothing: sends what it is told to and checks what comes back by the specifications. */
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Page, Person } from '../support/person.ts';
import { as, newcomer, nobody, type Walker } from '../support/rp.ts';
import type { Stile } from '../support/stile.ts';

export const secret = 'a client secret for tests';
/** Of the clients here: registered with every one of them. */
export const CALLBACK = 'https://rp.example/cb';

export interface Tokens extends Record<string, unknown> {
  access_token: string;
  id_token: string;
  refresh_token?: string;
  error?: string;
}

/** Where an authorization request led: an answer's parameters, or a page of ours. */
export interface Answer {
  readonly answer: Record<string, string> | undefined;
  readonly page: Page;
}

export interface PartyOptions {
  readonly mode?: 'query' | 'form_post';
  /** What it sends in the body to say who it is, instead of its secret in the header. */
  readonly auth?: () => Promise<Record<string, string>> | Record<string, string>;
}

export class Party {
  readonly #stile: Stile;
  readonly id: string;
  readonly #mode: 'query' | 'form_post';
  readonly #auth: PartyOptions['auth'];
  readonly #keys: JWTVerifyGetKey;

  constructor(stile: Stile, id = 'rp', options: PartyOptions = {}) {
    this.#stile = stile;
    this.id = id;
    this.#mode = options.mode ?? 'query';
    this.#auth = options.auth;
    this.#keys = createRemoteJWKSet(new URL(`${stile.issuer}/jwks`));
  }

  params(more: Record<string, string | undefined> = {}): URLSearchParams {
    const all = {
      client_id: this.id,
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid',
      state: 'the state',
      nonce: 'the nonce',
      ...(this.#mode === 'form_post' ? { response_mode: 'form_post' } : {}),
      ...more,
    };
    return new URLSearchParams(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined));
  }

  /** Sends a person with these parameters; they answer what is asked. */
  async ask(
    person: Person,
    more: Record<string, string | undefined> = {},
    walker: Walker = as(newcomer()),
  ): Promise<Answer> {
    return this.read(await walker(person, await person.go(`${this.#stile.issuer}/auth?${this.params(more)}`)));
  }

  /** Of wherever the person has come to: the answer it holds, delivered in the mode that was asked for and no other. */
  read(page: Page): Answer {
    const { delivery, url } = page;
    if (delivery) {
      expect(this.#mode).toBe('form_post');
      expect(delivery.action.href).toBe(CALLBACK);
      expect(page.headers.get('cache-control')).toContain('no-store');
      return { answer: delivery.fields, page };
    }
    if (!url.href.startsWith(CALLBACK)) return { answer: undefined, page };
    expect(this.#mode).toBe('query');
    return { answer: Object.fromEntries(url.searchParams), page };
  }

  async token(body: Record<string, string>): Promise<{ status: number; json: Tokens; headers: Headers }> {
    const basic = `Basic ${Buffer.from(`${this.id}:${encodeURIComponent(secret)}`).toString('base64')}`;
    const response = await fetch(`${this.#stile.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...body, ...(await this.#auth?.()) }),
      headers: this.#auth ? {} : { authorization: basic },
    });
    return { status: response.status, json: (await response.json()) as Tokens, headers: response.headers };
  }

  redeem(answer: Record<string, string> | undefined, more: Record<string, string> = {}) {
    return this.token({
      grant_type: 'authorization_code',
      code: answer?.code ?? 'none',
      redirect_uri: CALLBACK,
      ...more,
    });
  }

  /** One whole sign-in, and everything OIDC Core sections 3.1.2.5, 3.1.3.3 and 3.1.3.7 demand of its answers. */
  async signIn(person: Person, more: Record<string, string | undefined> = {}, walker?: Walker) {
    const { answer, page } = await this.ask(person, more, walker);
    if (!answer) throw new Error(`stopped at ${page.url}: ${page.status} ${page.heading}`);
    return this.check(answer, more);
  }

  async check(answer: Record<string, string>, more: Record<string, string | undefined> = {}) {
    const asked = this.params(more);
    expect(answer).toMatchObject({ code: expect.any(String), state: asked.get('state'), iss: this.#stile.issuer });
    expect(answer).not.toHaveProperty('error');
    const { status, json, headers } = await this.redeem(answer);
    expect({ status, error: json.error }).toEqual({ status: 200, error: undefined });
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(json).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number) });
    const { payload, protectedHeader } = await jwtVerify(json.id_token, this.#keys, {
      issuer: this.#stile.issuer,
      audience: this.id,
      requiredClaims: ['sub', 'iat', 'exp'],
    });
    expect(payload.nonce).toBe(asked.get('nonce') ?? undefined);
    expect(String(payload.sub).length).toBeLessThanOrEqual(255);
    return { tokens: json, claims: payload, header: protectedHeader };
  }

  async silently(person: Person, more: Record<string, string> = {}): Promise<Record<string, string>> {
    const { answer } = await this.ask(person, { prompt: 'none', ...more }, nobody);
    return answer ?? {};
  }

  async userinfo(token: string, how: 'get' | 'header' | 'body' = 'get') {
    const response = await fetch(`${this.#stile.issuer}/me`, {
      ...(how === 'get' ? {} : { method: 'POST' }),
      ...(how === 'body' ? { body: new URLSearchParams({ access_token: token }) } : {}),
      headers: how === 'body' ? {} : { authorization: `Bearer ${token}` },
    });
    const text = await response.text();
    return { status: response.status, claims: (text ? JSON.parse(text) : {}) as Record<string, unknown> };
  }

  /** Redeems, and shows the token at userinfo. */
  async told(person: Person, more: Record<string, string | undefined>, walker?: Walker) {
    const { tokens, claims } = await this.signIn(person, more, walker);
    const told = await this.userinfo(tokens.access_token);
    expect({ status: told.status, sub: told.claims.sub }).toEqual({ status: 200, sub: claims.sub });
    return told.claims;
  }
}

/** Times in tokens are whole seconds: until the next one has begun nothing can be seen to be later. */
export const aSecondLater = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1100));
