/** Somebody who is signed in, at the relying party's door again and again: as little work for the one who measures as can be. */
import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Person } from '../support/person.ts';
import { as, CALLBACK } from '../support/rp.ts';

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

/** Where a server has its endpoints, and the scope a machine has to ask for. */
export const ours = {
  authorize: '/auth',
  token: '/token',
  userinfo: '/me',
  introspection: '/token/introspection',
  machine: '',
};

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

interface Reply {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

export class Visitor {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #address: URL;
  readonly #cookie: string;
  readonly #silent: string;
  readonly #paths: typeof ours;

  constructor(issuer: string, person: Pick<Person, 'cookies'>, paths: typeof ours = ours) {
    this.#paths = paths;
    this.#address = new URL(issuer);
    this.#cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ');
    this.#silent = door('', { prompt: 'none' }, paths.authorize);
  }

  /** The whole silent flow: a code without a page, its tokens, who it is. */
  async visit(): Promise<void> {
    await this.userinfo(await this.token(await this.authorize()));
  }

  async authorize(): Promise<string> {
    const { location = '' } = await this.#send('GET', this.#silent, { cookie: this.#cookie });
    return this.#found(/[?&]code=([^&]+)/.exec(location)?.[1], location);
  }

  async token(code: string): Promise<string> {
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    });
    const reply = await this.#send('POST', this.#paths.token, form, body.toString());
    return this.#found(JSON.parse(reply.body).access_token, reply.body);
  }

  async userinfo(accessToken: string): Promise<void> {
    const reply = await this.#send('GET', this.#paths.userinfo, { authorization: `Bearer ${accessToken}` });
    this.#found(JSON.parse(reply.body).sub, reply.body);
  }

  /** A machine's own token. */
  async clientCredentials(): Promise<void> {
    const { token, machine } = this.#paths;
    const body = `grant_type=client_credentials${machine && `&scope=${machine}`}`;
    const reply = await this.#send('POST', token, form, body);
    this.#found(JSON.parse(reply.body).access_token, reply.body);
  }

  /** What a resource server asks about a token; it has to be active. */
  async introspect(accessToken: string): Promise<void> {
    const reply = await this.#send('POST', this.#paths.introspection, form, `token=${accessToken}`);
    this.#found(JSON.parse(reply.body).active ? 'active' : undefined, reply.body);
  }

  leave(): void {
    this.#agent.destroy();
  }

  #found(value: string | undefined, reply: string): string {
    if (value === undefined) throw new Error(`not what was asked for: ${reply}`);
    return value;
  }

  #send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Reply> {
    const { hostname: host, port } = this.#address;
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const sent = request(
        { host, port, method, path, agent: this.#agent, headers: { ...headers, ...length }, timeout: 10_000 },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk) => {
            text += chunk;
          });
          answer.on('end', () =>
            resolve({ status: answer.statusCode as number, location: answer.headers.location, body: text }),
          );
        },
      );
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
      sent.end(body);
    });
  }
}
