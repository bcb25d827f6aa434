/** Somebody with a browser and an application behind it, who goes on as real ones do and keeps what he was told. */
import { Person } from '../../support/person.ts';
import { as, CALLBACK } from '../../support/rp.ts';
import { door, verifier } from '../visitor.ts';

/** What a client may try again: no answer, or one that says that the fault is not the client's. */
export class Unanswered extends Error {
  /** Seconds after which to come again, as the answer says, or one. */
  readonly after: number;
  constructor(what: string, after: number) {
    super(what);
    this.after = after;
  }
}

/** Nobody is known here any more: what an emptied Redis leads to, and nothing else may. */
export class SignedOut extends Error {}

/** Everything that was answered, to be looked for afterwards. */
export interface Told {
  /** When the telling began, in milliseconds since the epoch. */
  readonly since: number;
  /** Tokens with the time they were asked for, and whether they outlive a session. */
  readonly access: { token: string; at: number }[];
  readonly refresh: { token: string; at: number; lasts: boolean }[];
  /** Walks that ended in a code, and those whose password was accepted. */
  readonly walks: Set<string>;
  readonly proofs: Set<string>;
  /** By person: silent codes that came, and requests for one that were not answered. */
  readonly silent: Map<string, { came: number; unanswered: number }>;
}

export const nothingYet = (): Told => ({
  since: Date.now(),
  access: [],
  refresh: [],
  walks: new Set(),
  proofs: new Set(),
  silent: new Map(),
});

export type Kind = 'silent' | 'refresh' | 'machine' | 'sign-in';
/** A tenth of everything is a whole sign-in: its password costs what fifty of the others do. */
const mix = 'silent refresh machine silent sign-in silent refresh machine silent refresh'.split(' ');
export const kindOf = (flow: number): Kind => mix[flow % mix.length] as Kind;

export const basic = { authorization: `Basic ${Buffer.from('rp:a+client+secret+for+tests').toString('base64')}` };

/** A browser that takes no answer, and every 5xx, for a fault. */
class Browser extends Person {
  /** The walk in which the password was accepted. */
  proved = '';

  override async fetch(url: URL | string, init: RequestInit = {}): Promise<Response> {
    const what = `${init.method ?? 'GET'} ${new URL(url).pathname.replace(/\/[\w-]{16,}/, '/:id')}`;
    const response = await super.fetch(url, init).catch((error: Error) => {
      throw new Unanswered(`${what}: ${error.message}`, 1);
    });
    if (String(init.body).includes('step=prove%3Apassword') && response.status === 303) {
      this.proved = new URL(url).pathname.split('/').at(-1) as string;
    }
    if (response.status < 500) return response;
    await response.body?.cancel();
    throw new Unanswered(`${what}: ${response.status}`, Number(response.headers.get('retry-after') ?? 1));
  }
}

export class Customer {
  readonly #issuer: string;
  readonly #username: string;
  readonly #told: Told;
  readonly #program = new Browser();
  #browser = new Browser();
  /** The last of a family that outlives sessions. */
  #lasting = '';

  constructor(issuer: string, username: string, told: Told) {
    this.#issuer = issuer;
    this.#username = username;
    this.#told = told;
    told.silent.set(username, { came: 0, unanswered: 0 });
  }

  /** A session, and a refresh token that outlives it. */
  async arrive(): Promise<void> {
    const browser = new Browser();
    this.#lasting = (await this.#signIn(browser, 'openid offline_access')).refresh_token as string;
    this.#browser = browser;
  }

  async run(kind: Kind): Promise<void> {
    if (kind === 'silent') return this.#visit();
    if (kind === 'refresh') return this.#refresh();
    if (kind === 'machine') return void (await this.#token({ grant_type: 'client_credentials' }));
    await this.#signIn(new Browser(), 'openid');
  }

  async #visit(): Promise<void> {
    const seen = this.#told.silent.get(this.#username) as { came: number; unanswered: number };
    const address = door(this.#issuer, { client_id: 'rp', scope: 'openid', prompt: 'none' });
    const { url } = await this.#browser.go(address).catch((error) => {
      seen.unanswered++;
      throw error;
    });
    const code = url.searchParams.get('code');
    if (!code) throw new SignedOut(`no code: ${url.search}`);
    seen.came++;
    const { access_token } = await this.#redeem(code);
    const headers = { authorization: `Bearer ${access_token}` };
    const { status } = await this.#program.fetch(`${this.#issuer}/me`, { headers });
    if (status !== 200) throw new SignedOut(`userinfo: ${status}`);
  }

  async #refresh(): Promise<void> {
    const asked = { grant_type: 'refresh_token', refresh_token: this.#lasting };
    this.#lasting = (await this.#token(asked)).refresh_token as string;
  }

  async #signIn(browser: Browser, scope: string) {
    try {
      const start = await browser.go(door(this.#issuer, { client_id: 'rp', scope }));
      const end = await as(this.#username)(browser, start);
      const code = end.url.searchParams.get('code');
      if (!code) throw new SignedOut(`no code: ${end.status} ${end.heading} ${end.url.search}`);
      this.#told.walks.add(browser.proved);
      return await this.#redeem(code, scope);
    } finally {
      if (browser.proved) this.#told.proofs.add(browser.proved);
    }
  }

  #redeem(code: string, scope = 'openid') {
    const redirect_uri = CALLBACK;
    return this.#token({ grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }, scope);
  }

  async #token(asked: Record<string, string>, scope = 'openid offline_access') {
    const body = new URLSearchParams(asked);
    const at = performance.now();
    const answer = await this.#program.fetch(`${this.#issuer}/token`, { method: 'POST', headers: basic, body });
    const said = (await answer.json()) as Record<string, string>;
    if (answer.status !== 200) {
      const why = `${asked.grant_type}: ${said.error} ${said.error_description}`;
      throw asked.grant_type === 'authorization_code' ? new SignedOut(why) : new Error(why);
    }
    this.#told.access.push({ token: said.access_token as string, at });
    const spent = this.#told.refresh.findIndex(({ token }) => token === asked.refresh_token);
    if (spent >= 0) this.#told.refresh.splice(spent, 1);
    if (said.refresh_token) {
      this.#told.refresh.push({ token: said.refresh_token, at, lasts: scope.includes('offline_access') });
    }
    return said;
  }
}
