/** A small house around the OIDC room: memory stores, a real Sessions, and a sign-in page that believes what it is told. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import * as rp from 'openid-client';
import type { AuditEvent } from '../../../src/audit/event.ts';
import type { Assurance } from '../../../src/authentication/assurance.ts';
import type { Authentication, Browser, Walk } from '../../../src/authentication/authentication.ts';
import { Sessions } from '../../../src/authentication/sessions.ts';
import { Subjects } from '../../../src/authentication/subjects.ts';
import type { Application } from '../../../src/domain/application.ts';
import type { Ask } from '../../../src/domain/ask.ts';
import type { MethodClassName } from '../../../src/domain/evidence.ts';
import type { RefusalCode } from '../../../src/domain/refusal.ts';
import type { Resource } from '../../../src/domain/resource.ts';
import type { Session } from '../../../src/domain/session.ts';
import type { User } from '../../../src/domain/user.ts';
import type { Ring } from '../../../src/keys/ring.ts';
import { assertedAt, atLeast, basis, builtIn, mfa, oneFactor, satisfies } from '../../../src/policy/strengths.ts';
import { type TokenKeys, tokenKeys } from '../../../src/protocols/oidc/keys.ts';
import { type OidcRoom, oidcRoom } from '../../../src/protocols/oidc/room.ts';
import type { Kv } from '../../../src/state/kv.ts';
import { MemoKv, requestScope } from '../../../src/state/memo.ts';
import { MemoryKv } from '../../../src/state/memory.ts';
import type { StoredToken, TokenFacts, Tokens } from '../../../src/store/tokens.ts';
import { browserOf } from '../../../src/web/browser.ts';
import { csrf } from '../../../src/web/csrf.ts';
import { keptKeys, quietly } from '../../support/kept-keys.ts';

/** An API that checks JWTs, one that asks for two factors, and one that has to ask what a token is. */
export const notes = 'https://notes.example/api';
export const vault = 'https://vault.example';
export const ledger = 'urn:example:ledger';
const resources: Resource[] = [
  {
    resource: notes,
    name: 'Notes',
    scopes: ['notes:read', 'notes:write'],
    accessToken: 'jwt',
    alg: 'RS256',
    lifetime: 300,
  },
  {
    ...{ resource: vault, name: 'Vault', scopes: ['vault:open'], accessToken: 'jwt', alg: 'ES256', lifetime: 60 },
    acr: 'https://refeds.org/profile/mfa',
  },
  {
    resource: ledger,
    name: 'Ledger',
    scopes: ['read'],
    accessToken: 'opaque',
    alg: 'RS256',
    lifetime: 60,
    clients: ['mail'],
  },
];
const all = [notes, vault, ledger].map((resource) => ({ resource }));

export const redirect = 'http://127.0.0.1:1/cb';

export const assurance: Assurance = {
  names: new Map([
    ['https://refeds.org/profile/mfa', mfa],
    ['phr', builtIn.phr!],
    ['urn:stile:acr:aal1', builtIn.aal1!],
    ['urn:stile:acr:aal2', builtIn.aal2!],
    ['urn:stile:acr:aal3', builtIn.aal3!],
  ]),
  basis,
  instant(evidence, strength) {
    const pieces = basis(evidence, strength);
    return pieces && assertedAt(pieces);
  },
  atLeast,
  possible: (strength) => strength.alternatives.some((set) => set.every((name) => !name.startsWith('webauthn'))),
  anyFactor: oneFactor,
  mfa,
  phishingResistant: builtIn.phr!,
};

const person = (id: string, more: Partial<User> = {}): User => ({
  id,
  store: 'local',
  username: id,
  name: id[0]!.toUpperCase() + id.slice(1),
  email: `${id}@example.com`,
  emailVerified: true,
  groups: ['staff'],
  claims: { department: 'Sales', acr: 'forged', sub: 'forged' },
  twoStep: false,
  disabled: false,
  ...more,
});

export const secret = 'a-secret-that-is-long-enough-for-hmac';
const app = (id: string, settings: Record<string, unknown>, more: Partial<Application> = {}): Application => ({
  id,
  name: id,
  protocol: 'oidc',
  thirdParty: false,
  disabled: false,
  settings: { client_id: id, client_secret: secret, redirect_uris: [redirect], ...settings },
  ...more,
});

/** Refresh tokens and lasting Grants, as store/tokens.ts keeps them. */
export class MemoryTokens {
  readonly rows = new Map<string, StoredToken & { grantId?: string | undefined }>();
  async upsert(model: string, id: string, payload: Record<string, unknown>, { grantId }: TokenFacts) {
    this.rows.set(`${model} ${id}`, { ...this.rows.get(`${model} ${id}`), payload: structuredClone(payload), grantId });
  }
  /** Slow enough for requests sent together to overtake one another. */
  async find(model: string, id: string) {
    await setTimeout(20);
    return this.rows.get(`${model} ${id}`);
  }
  async consume(model: string, id: string, now: number) {
    const row = this.rows.get(`${model} ${id}`);
    if (!row || row.consumedAt !== undefined) return false;
    this.rows.set(`${model} ${id}`, { ...row, consumedAt: now });
    return true;
  }
  async destroy(model: string, id: string) {
    this.rows.delete(`${model} ${id}`);
  }
  async destroyByGrant(grantId: string) {
    for (const [key, row] of this.rows) if (row.grantId === grantId) this.rows.delete(key);
  }
}

type Counted = Kv & { trips: string[]; written: string[]; added: { key: string; seconds: number }[] };

/** Counts what goes to the store below the memo: one verb, one round trip. */
export function counted(kv: Kv): Counted {
  const trips: string[] = [];
  const written: string[] = [];
  const added: { key: string; seconds: number }[] = [];
  return new Proxy(kv, {
    get(target, name) {
      if (name === 'trips') return trips;
      if (name === 'written') return written;
      if (name === 'added') return added;
      const verb = target[name as keyof Kv] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        trips.push(`${String(name)} ${String(args[0])}`);
        if (name === 'add') added.push({ key: String(args[0]), seconds: Number(args[2]) });
        if (name === 'set' || name === 'swap') written.push(String(args[name === 'set' ? 1 : 2]));
        return verb.apply(target, args);
      };
    },
  }) as Counted;
}

/** Walks by id, and a person's proofs: what the engine does, without pages or policies. */
class Door implements Authentication {
  readonly walks = new Map<string, Walk & { browser: string }>();
  readonly agreed = new Set<string>();
  readonly asked: Ask[] = [];
  refuses: RefusalCode | undefined;
  fails: Error | undefined;
  /** The session it answers about, when it is not the browser's any more. */
  sid: string | undefined;
  readonly #sessions: Sessions;
  readonly #users: Map<string, User>;
  constructor(sessions: Sessions, users: Map<string, User>) {
    this.#sessions = sessions;
    this.#users = users;
  }

  admits(): boolean {
    return true;
  }

  async evaluate(browser: Browser, ask: Ask, { walk: id }: { walk?: string | undefined } = {}) {
    this.asked.push(ask);
    if (this.fails) throw this.fails;
    if (this.refuses) return { kind: 'missing' as const, refusal: this.refuses };
    const missing = (refusal: RefusalCode) => ({ kind: 'missing' as const, refusal });
    const session = await this.#sessions.load(browser.session);
    const walk = id ? this.walks.get(id) : undefined;
    const user = session && this.#users.get(session.user);
    if (!session || !user || user.disabled) return missing('sign-in-needed');
    if (ask.subject !== undefined && ask.subject !== user.id) return missing('sign-in-needed');
    const evidence = session.evidence.filter((piece) => ask.after === undefined || piece.at > ask.after);
    if (evidence.length === 0) return missing('sign-in-needed');
    if (ask.choose && !walk) return missing('selection-needed');
    const met = ask.wants.map((want) => want.anyOf.find((strength) => satisfies(evidence, strength)));
    if (ask.wants.some((want, i) => want.essential && !met[i])) return missing('interaction-needed');
    const third = ask.application === 'shop';
    if (((third && !this.agreed.has(user.id)) || (ask.shares?.again && !walk)) && ask.shares)
      return missing('consent-needed');
    return { kind: 'done' as const, outcome: { user, sid: this.sid ?? session.sid, evidence, met } };
  }
  async begin(browser: Browser, ask: Ask, { ticket, id }: { ticket: string; id?: string }) {
    this.walks.set(id!, { id: id!, ask, ticket, browser: browser.bind() });
    return { path: `/signin/${id}` };
  }
  async walk(browser: Browser, id: string) {
    const walk = this.walks.get(id);
    return walk?.browser === browser.id ? walk : undefined;
  }
  async forget(id: string) {
    this.walks.delete(id);
  }
}

export interface House {
  readonly issuer: string;
  readonly room: OidcRoom;
  readonly keys: Ring;
  readonly door: Door;
  readonly sessions: Sessions;
  readonly users: Map<string, User>;
  readonly applications: Map<string, Application>;
  /** Ids of the people who may administer. */
  readonly administrators: Set<string>;
  readonly tokens: MemoryTokens;
  readonly kv: Counted;
  readonly events: AuditEvent[];
  readonly faults: unknown[];
  readonly untold: string[];
  /** `clientId sub sid` of every logout token received. */
  readonly told: string[];
  readonly reads: { users: number };
  failing: Error | undefined;
  /** Sees every logout token as it came. */
  heard?: (token: string) => void;
  /** Milliseconds this room's clock is ahead. */
  later: number;
  /** Where those go first who signed out. */
  farewell?: (ended: Session | undefined, then: string) => string | undefined;
  close(): void;
}

/** Made once: a key pair takes its time. */
const store = keptKeys();

/** `held` stands in for keys of the house's own. */
export async function openHouse(held?: TokenKeys): Promise<House> {
  const memory = new MemoryKv();
  const kv = counted(memory);
  const memo = new MemoKv(kv);
  const sessions = new Sessions(memo, { idle: 3600, absolute: 36_000, stay: 360_000 });
  const users = new Map(['ana', 'ben'].map((id) => [id, person(id)]));
  const door = new Door(sessions, users);
  const tokens = new MemoryTokens();
  const house = {
    door,
    sessions,
    users,
    tokens,
    kv,
    events: [],
    faults: [],
    untold: [],
    told: [],
    reads: { users: 0 },
    later: 0,
    administrators: new Set(['ana']),
  } as unknown as House;
  const server: Server = createServer((req, res) => void serve(house, req, res));
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const applications = new Map(
    [
      app('wiki', {
        post_logout_redirect_uris: ['http://127.0.0.1:1/bye'],
        backchannel_logout_uri: `${issuer}/bcl/wiki`,
      }),
      app('mail', {
        grant_types: ['authorization_code', 'refresh_token'],
        resources: [...all, { resource: `${issuer}/admin/api` }],
        backchannel_logout_uri: `${issuer}/bcl/mail`,
      }),
      app('shop', { grant_types: ['authorization_code', 'refresh_token'], resources: all }, { thirdParty: true }),
      app('spa', {
        client_secret: undefined,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        resources: all,
        cors_origins: ['https://spa.example'],
      }),
      app('calendar-id', {
        client_id: 'calendar',
        subject_type: 'pairwise',
        resources: all,
        id_token_signed_response_alg: 'ES256',
      }),
      app('robot', {
        redirect_uris: undefined,
        grant_types: ['client_credentials'],
        resources: [
          { resource: notes, scopes: ['notes:read'] },
          { resource: ledger },
          { resource: `${issuer}/admin/api` },
        ],
      }),
      app('drone', {
        redirect_uris: undefined,
        grant_types: ['client_credentials'],
        resources: [{ resource: `${issuer}/admin/api` }],
      }),
      app('easy', { acr_values_voluntary: true }),
      app('strict', {
        default_acr_values: ['https://refeds.org/profile/mfa'],
        default_max_age: 600,
        require_auth_time: true,
      }),
    ].map((one) => [one.id, one]),
  );
  const terms = { ...quietly, publishAhead: 0, overlap: 86_400, every: 86_400_000 };
  const keys = await tokenKeys({ ...terms, store, now: Date.now });
  const room = oidcRoom({
    issuer,
    authentication: door,
    assurance,
    sessions,
    leaving: { onward: async (_browser, ended, then) => house.farewell?.(ended, then) ?? then },
    kv: memo,
    catalogue: { byId: (id) => applications.get(id), all: () => [...applications.values()] },
    people: {
      async byId(id) {
        house.reads.users += 1;
        if (house.failing) throw house.failing;
        return users.get(id);
      },
    },
    tokens: tokens as unknown as Tokens,
    keys: held ?? keys,
    recorder: { record: async (event) => void house.events.push(event) },
    pages: {
      signOut: async (_req, _res, { action, fields }) =>
        `<form action="${action}"><input name=xsrf value="${fields.xsrf}">`,
      signedOut: async () => '<h1>Signed out</h1>',
      error: async (_req, _res, { status, error, description }) => `<h1>${status} ${error}</h1><p>${description}</p>`,
    },
    device: {
      pages: { enter() {}, decide() {}, done() {} },
      csrf: csrf([randomBytes(32)]),
      limits: { browser: 10, address: 3 },
    },
    nonceSecret: randomBytes(32),
    resources,
    mayAdminister: (who) => ('user' in who ? house.administrators.has(who.user.id) : who.application === 'robot'),
    cookieKeys: ['cookie key'],
    subjects: new Subjects(randomBytes(32)),
    refreshKey: randomBytes(32),
    now: () => Date.now() + house.later,
    claimNames: ['department', 'acr'],
    languages: ['en', 'de'],
    browserOf: (req, res) => browserOf(req, res, { secure: false, address: () => '192.0.2.7' }),
    onFault: (error) => house.faults.push(error),
    onUntold: (clientId) => house.untold.push(clientId),
  });
  return Object.assign(house, {
    issuer,
    room,
    keys,
    applications,
    close() {
      server.closeAllConnections();
      server.close();
      keys.stop();
      void memory.close();
    },
  });
}

/** `POST /signin/:id?user=ana&class=password` proves it at once; `refuse=code` ends in a no; `agree` consents. */
async function serve(house: House, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url!, house.issuer);
  if (house.room.handles(url.pathname)) return house.room.callback(req, res);
  if (url.pathname.startsWith('/bcl/')) {
    let body = '';
    for await (const chunk of req) body += chunk;
    const sent = new URLSearchParams(body).get('logout_token')!;
    house.heard?.(sent);
    const token = JSON.parse(Buffer.from(sent.split('.')[1]!, 'base64url').toString());
    house.told.push(`${url.pathname.slice(5)} ${token.sub} ${token.sid}`);
    return void res.end();
  }
  await requestScope.run(new Map(), () =>
    url.pathname.startsWith('/admin/api') ? administer(house, url, req, res) : signIn(house, url, req, res),
  );
}

/** Our own API, as far as it tells who came; `/fresh` wants a better and newer proof of everybody. */
async function administer(house: House, url: URL, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const accessed = await house.room.access(req, res);
  const refused =
    'access' in accessed && url.pathname.endsWith('/fresh')
      ? accessed.access.insufficient({ acrValues: ['phr'], maxAge: 60 })
      : 'refused' in accessed
        ? accessed.refused
        : undefined;
  if (refused || !('access' in accessed)) return void res.writeHead(refused!.status, refused!.headers).end();
  const { user, insufficient: _, ...access } = accessed.access;
  res.end(JSON.stringify({ ...access, ...(user ? { user: user.id } : {}) }));
}

async function signIn(house: House, url: URL, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const browser = browserOf(req, res, { secure: false, address: () => '192.0.2.7' });
  const id = url.pathname.split('/')[2]!;
  const { searchParams: said } = url;
  const refusal = said.get('refuse') as RefusalCode | null;
  const user = said.get('user');
  if (user && said.has('agree')) house.door.agreed.add(user);
  if (user) {
    const classes = said.getAll('class') as MethodClassName[];
    const now = Date.now();
    const joined = await house.sessions.join(browser.session, {
      user,
      shown: classes.map((name) => ({ class: name, method: name, at: Number(said.get('at') ?? now) })),
      stay: false,
      agent: '',
      address: '',
    });
    if (joined.cookie) browser.keepSession(joined.cookie);
  }
  const walk = house.door.walks.get(id);
  if (walk && req.method === 'POST') {
    house.door.walks.set(id, { ...walk, end: refusal ? { refusal } : { user: user! } });
    res.writeHead(303, { location: house.room.askers[0]!.resume(walk) });
  }
  res.end();
}

/** A person's browser. */
export class Chrome {
  readonly jar = new Map<string, string>();
  wrote: string[] = [];
  copy(): Chrome {
    const other = new Chrome();
    for (const [name, value] of this.jar) other.jar.set(name, value);
    return other;
  }
  async go(url: string | URL, form?: Record<string, string> | string, headers: Record<string, string> = {}) {
    const answer = await fetch(url, {
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: [...this.jar].map((pair) => pair.join('=')).join('; '), ...headers },
    });
    this.wrote = answer.headers.getSetCookie();
    for (const line of this.wrote) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value && !/max-age=0|1970/i.test(line)) this.jar.set(name!, value);
      else this.jar.delete(name!);
    }
    return Object.assign(answer, { to: new URL(answer.headers.get('location') ?? '/nowhere', url) });
  }
  async prove(page: URL, user: string, ...classes: MethodClassName[]) {
    const said = new URLSearchParams({ user });
    for (const one of classes) said.append('class', one);
    return this.go(new URL(`${page.pathname}?${said}`, page), {});
  }
}

const verifier = 'v'.repeat(43);
export const configs = new WeakMap<House, Map<string, rp.Configuration>>();

/** A relying party on openid-client. */
export async function client(house: House, id: string): Promise<rp.Configuration> {
  const known = configs.get(house) ?? new Map<string, rp.Configuration>();
  configs.set(house, known);
  const auth = id === 'spa' ? rp.None() : rp.ClientSecretBasic(secret);
  const made =
    known.get(id) ??
    (await rp.discovery(
      new URL(house.issuer),
      id,
      { use_mtls_endpoint_aliases: false, ...(id === 'calendar' ? { id_token_signed_response_alg: 'ES256' } : {}) },
      auth,
      { execute: [rp.allowInsecureRequests] },
    ));
  known.set(id, made);
  return made;
}

export async function authorizeUrl(house: House, id: string, more: Record<string, string> = {}): Promise<URL> {
  return rp.buildAuthorizationUrl(await client(house, id), {
    redirect_uri: redirect,
    scope: 'openid profile email groups',
    code_challenge: await rp.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: 'st',
    ...more,
  });
}

/** Where the browser is sent by an authorization request. */
export async function ask(house: House, chrome: Chrome, id: string, more: Record<string, string> = {}): Promise<URL> {
  return (await chrome.go(await authorizeUrl(house, id, more))).to;
}

/** Signs in on the page the browser was sent to, and comes back to the application. */
export async function walk(
  house: House,
  chrome: Chrome,
  page: URL,
  user: string,
  ...classes: MethodClassName[]
): Promise<URL> {
  return (await chrome.go((await chrome.prove(new URL(page.pathname, house.issuer), user, ...classes)).to)).to;
}

export async function redeem(house: House, id: string, at: URL, more: rp.AuthorizationCodeGrantChecks = {}) {
  return rp.authorizationCodeGrant(await client(house, id), at, {
    pkceCodeVerifier: verifier,
    expectedState: 'st',
    ...more,
  });
}

export const refusal = (at: URL): string | null => at.searchParams.get('error');

/** Somebody who has signed in before any application asked. */
export async function signedIn(house: House, user: string, ...classes: MethodClassName[]): Promise<Chrome> {
  const chrome = new Chrome();
  await chrome.prove(new URL('/signin/none', house.issuer), user, ...classes);
  return chrome;
}
