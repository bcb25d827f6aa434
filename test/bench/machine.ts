/** What a machine asks of a token endpoint: its own tokens, what a token is, and new ones for old. */
import { CALLBACK } from '../support/rp.ts';
import { Caller } from './caller.ts';
import { client, verifier } from './visitor.ts';

/** The API the relying party has tokens for. */
export const api = 'https://api.bench.example';

/** The same relying party once more, with refresh tokens: they would be part of every visit otherwise. */
export const refreshing = {
  ...client,
  client_id: 'bench-refresh',
  grant_types: ['authorization_code', 'refresh_token'],
};

/** Where a server has its endpoints. */
export interface Endpoints {
  readonly issuer: string;
  /** Paths. */
  readonly token: string;
  readonly introspection: string;
  /** What a machine has to ask for, where it gets no token otherwise. */
  readonly scope?: string;
}

/** Of Stile, and of the library it is compared with. */
export const endpointsOf = (issuer: string): Endpoints => ({
  issuer,
  token: '/token',
  introspection: '/token/introspection',
});

export class Machine {
  readonly #caller: Caller;
  readonly #endpoints: Endpoints;

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints;
    this.#caller = new Caller(endpoints.issuer);
  }

  /** An access token of its own; for the API, where that is said, which makes it a JWT. */
  async ownToken(resource?: string): Promise<string> {
    const { scope } = this.#endpoints;
    const wanted: Record<string, string> = resource ? { resource, scope: 'bench:read' } : scope ? { scope } : {};
    const form = { grant_type: 'client_credentials', ...wanted };
    return (await this.#post(this.#endpoints.token, form)).access_token as string;
  }

  async introspect(token: string): Promise<void> {
    const { active } = await this.#post(this.#endpoints.introspection, { token });
    if (active !== true) throw new Error('a live token is said to be none');
  }

  /** The refresh token that comes with a code of the refreshing client. */
  async redeem(code: string): Promise<string> {
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier };
    return (await this.#post(this.#endpoints.token, form, refreshing.client_id)).refresh_token as string;
  }

  /** The next one. */
  async refresh(token: string): Promise<string> {
    const form = { grant_type: 'refresh_token', refresh_token: token };
    return (await this.#post(this.#endpoints.token, form, refreshing.client_id)).refresh_token as string;
  }

  leave(): void {
    this.#caller.leave();
  }

  async #post(path: string, form: Record<string, string>, id = client.client_id): Promise<Record<string, unknown>> {
    const { status, body } = await this.#caller.send('POST', path, proofOf(id), new URLSearchParams(form).toString());
    if (status !== 200) throw new Error(`${status} instead of what was asked for: ${body}`);
    return JSON.parse(body);
  }
}

const secret = encodeURIComponent(client.client_secret).replaceAll('%20', '+');
const proofOf = (id: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  'content-type': 'application/x-www-form-urlencoded',
});
