/** Somebody who is signed in, at the relying party's door again and again: as little work for the one who measures as can be. */
import { createHash } from 'node:crypto';
import { Person } from '../support/person.ts';
import { as, CALLBACK } from '../support/rp.ts';
import { Caller } from './caller.ts';

/** The relying party both servers know, in RFC 7591 names. */
export const client = {
  client_id: 'bench',
  client_secret: 'a client secret for the bench',
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'client_credentials'],
};

export const verifier = 'v'.repeat(43);
const basic = `Basic ${Buffer.from(`${client.client_id}:${encodeURIComponent(client.client_secret).replaceAll('%20', '+')}`).toString('base64')}`;
const form = { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' };

/** Where a server has what a person and the relying party behind it go to. */
export const ours = { authorize: '/auth', token: '/token', userinfo: '/me' };

/** Where a sign-in begins. */
export function door(issuer: string, more: Record<string, string> = {}, path = ours.authorize): string {
  const query = new URLSearchParams({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid profile email',
    state: 'state-of-the-visit',
    nonce: 'nonce-of-the-visit',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  return `${issuer}${path}?${query}`;
}

let count = 0;
/** Somebody with a password and nothing else; the same people again after forty. */
export const anybody = (): string => `mei${count++ % 40}`;

/** Signs in through whatever pages there are; gives back the browser and the address it was sent to. */
export async function signIn(issuer: string, username: string, more: Record<string, string> = {}) {
  const person = new Person();
  const page = await as(username)(person, await person.go(door(issuer, more)));
  if (!page.url.searchParams.has('code')) throw new Error(`no code for ${username}: ${page.url} ${page.heading}`);
  return { person, code: page.url.searchParams.get('code') as string };
}

export class Visitor {
  readonly #caller: Caller;
  readonly #cookie: string;
  readonly #silent: string;
  readonly #paths: typeof ours;

  constructor(issuer: string, person: Pick<Person, 'cookies'>, paths: typeof ours = ours) {
    this.#paths = paths;
    this.#caller = new Caller(issuer);
    this.#cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ');
    this.#silent = door('', { prompt: 'none' }, paths.authorize);
  }

  /** The whole silent flow: a code without a page, its tokens, who it is. */
  async visit(): Promise<void> {
    await this.userinfo(await this.token(await this.authorize()));
  }

  async authorize(): Promise<string> {
    const { location = '' } = await this.#caller.send('GET', this.#silent, { cookie: this.#cookie });
    return this.#found(/[?&]code=([^&]+)/.exec(location)?.[1], location);
  }

  async token(code: string): Promise<string> {
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    });
    const reply = await this.#caller.send('POST', this.#paths.token, form, body.toString());
    return this.#found(JSON.parse(reply.body).access_token, reply.body);
  }

  async userinfo(accessToken: string): Promise<void> {
    const reply = await this.#caller.send('GET', this.#paths.userinfo, { authorization: `Bearer ${accessToken}` });
    this.#found(JSON.parse(reply.body).sub, reply.body);
  }

  leave(): void {
    this.#caller.leave();
  }

  #found(value: string | undefined, reply: string): string {
    if (value === undefined) throw new Error(`not what was asked for: ${reply}`);
    return value;
  }
}
