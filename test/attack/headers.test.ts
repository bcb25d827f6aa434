import { type Page, Person } from '../support/person.ts';
import {
  as,
  freshCode,
  MFA,
  newcomer,
  nobody,
  PASSWORD,
  RelyingParty,
  secretOf,
  settings,
  someone,
} from '../support/rp.ts';
import { freePort, type Stile, startStile } from '../support/stile.ts';
import { applications, form, leaks, raw } from './attacker.ts';

const ISSUER = 'https://id.example.test';
const step = (page: Page) => page.form?.fields.step;

/** What every page of ours promises (section 7). */
function promises(page: Pick<Page, 'headers' | 'html'>, secure: boolean): void {
  const { headers, html } = page;
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/default-src 'none'/);
  expect(policy).toMatch(/frame-ancestors 'none'/);
  expect(policy).toMatch(/base-uri 'none'/);
  expect(policy).not.toMatch(/unsafe|\*|data:/);
  expect(headers.get('x-frame-options')).toBe('DENY');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('same-origin');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-powered-by')).toBeNull();
  expect(headers.get('server')).toBeNull();
  expect(headers.get('strict-transport-security')).toBe(secure ? 'max-age=31536000' : null);
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|\son[a-z]+="|\sstyle="|<style/i);
  expect(html).not.toMatch(leaks);
  for (const line of headers.getSetCookie()) {
    expect(line).toMatch(/; HttpOnly/i);
    expect(line).toMatch(/; SameSite=Lax/i);
    expect(line).not.toMatch(/; Domain=/i);
    if (!secure) continue;
    expect(line).toMatch(/; Secure/i);
    if (/; path=\/(;|$)/i.test(line)) expect(line).toMatch(/^__Host-/);
  }
}

/** A person at an https address that a proxy on this machine stands for. */
class Proxied extends Person {
  readonly #port: number;
  readonly seen: { path: string; headers: Headers }[] = [];
  constructor(port: number, headers: Record<string, string> = {}) {
    super({ headers: { 'accept-language': 'en', 'x-forwarded-proto': 'https', ...headers } });
    this.#port = port;
  }
  override async fetch(url: URL | string, init: RequestInit = {}): Promise<Response> {
    const to = new URL(url);
    expect(to.origin).toBe(ISSUER);
    const answer = await super.fetch(`http://127.0.0.1:${this.#port}${to.pathname}${to.search}`, init);
    this.seen.push({ path: to.pathname, headers: answer.headers });
    return answer;
  }
}

describe.each([
  ['over http', false],
  ['over https, behind a proxy', true],
])('%s', (_how, secure) => {
  let stile: Stile;
  let port: number;
  let person: (headers?: Record<string, string>) => Person;
  let request: (params?: Record<string, string>, client?: string) => string;

  beforeAll(async () => {
    port = await freePort();
    stile = await startStile({
      config: settings({ applications, proxies: ['127.0.0.1', '::1'] }),
      env: { PORT: String(port), ...(secure ? { ISSUER } : { ISSUER: `http://localhost:${port}` }) },
    });
    person = (headers) => (secure ? new Proxied(port, headers) : new Person(headers ? { headers } : {}));
    request = (params = {}, client = 'rp') => {
      const redirect_uri = client === 'rp' ? 'https://rp.example/cb' : `https://rp.example/${client}`;
      const query = { client_id: client, redirect_uri, response_type: 'code', scope: 'openid', state: 's', ...params };
      return `${stile.issuer}/auth?${new URLSearchParams(query)}`;
    };
  });
  afterAll(() => stile.stop());

  test('every page a sign-in shows carries every header, and every cookie is as strict as it can be', async () => {
    const ana = someone();
    const one = person();
    const met: string[] = [];
    let page = await one.go(request({ acr_values: MFA, prompt: 'consent', scope: 'openid profile' }, 'guest'));
    while (page.form) {
      promises(page, secure);
      met.push(step(page) ?? '');
      if (step(page) === 'prove:totp') page = await one.submit(page, { code: freshCode(secretOf(ana)) });
      else page = await one.submit(page, { username: ana, password: PASSWORD });
    }
    expect(met).toEqual(['identify', 'prove:password', 'prove:totp', 'consent']);
    expect(page.url.searchParams.has('code')).toBe(true);
    for (const path of ['', '/methods', '/password', '/signins', '/applications', '?said=added', '?lang=de'])
      promises(await one.go(`${stile.issuer}/account${path}`), secure);
    promises(await one.go(`${stile.issuer}/session/end`), secure);
    const posted = await one.go(request({ response_mode: 'form_post' }));
    const policy = posted.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/form-action 'self' https:\/\/rp\.example;/);
    expect(policy).not.toMatch(/unsafe/);
    expect(posted.headers.get('x-frame-options')).toBe('DENY');
    if (one instanceof Proxied)
      for (const { headers } of one.seen) for (const line of headers.getSetCookie()) expect(line).toMatch(/; Secure/i);
  });

  test('and so does what else there is: registering, a locked method, refusals, errors, signed out', async () => {
    const mei = newcomer();
    const one = person();
    const register = await as(mei, { until: (page) => step(page) === 'register:totp' })(
      one,
      await one.go(request({ acr_values: MFA })),
    );
    promises(register, secure);
    const refused = await one.go(register.url, form({ ...register.form?.fields, do: 'cancel' }));
    expect(refused.url.searchParams.get('error')).toBe('access_denied');
    let page = await person().go(request());
    const two = person();
    page = await two.submit(await two.go(request()), { username: 'nobody' });
    const { fields } = page.form as NonNullable<Page['form']>;
    for (let i = 0; i < 11; i++) page = await two.go(page.url, form({ ...fields, password: `no ${i}` }));
    expect(page.status).toBe(429);
    promises(page, secure);
    for (const [path, status] of [
      ['/signed-out', 200],
      ['/nowhere', 404],
      ['/auth', 400],
      ['/auth?client_id=nobody', 400],
      ['/auth/unknown-walk-id', 400],
      ['/auth?stile_request=gone', 400],
      ['/signin/unknown-walk-id', 400],
      ['/signin/x', 400],
      ['/session/end?id_token_hint=x', 400],
      ['/%E0%A4%A', 404],
      ['/signin/%E0%A4%A', 400],
      ['/account/nowhere', 404],
    ] as const) {
      const shown = await person({ accept: 'text/html' }).go(`${stile.issuer}${path}`);
      expect([path, shown.status]).toEqual([path, status]);
      promises(shown, secure);
    }
  });

  test('assets say what they are and cannot be framed; what is no page is not sniffed either', async () => {
    const page = await person().go(request());
    const assets = [...page.html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path as string);
    expect(assets.length).toBeGreaterThan(0);
    for (const path of [...assets, '/.well-known/openid-configuration', '/jwks']) {
      const answer = await person().fetch(`${stile.issuer}${path.replaceAll('&amp;', '&')}`);
      expect([path, answer.status, answer.headers.get('x-content-type-options')]).toEqual([path, 200, 'nosniff']);
      await answer.arrayBuffer();
    }
  });

  test('no header of a request gets into an address, a cookie or a page', async () => {
    const forged: Record<string, string>[] = [
      { host: 'evil.example' },
      { 'x-forwarded-host': 'evil.example' },
      { forwarded: 'host=evil.example;proto=https' },
      { 'x-original-url': '/account', 'x-rewrite-url': '/account' },
      {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        referer: 'https://evil.example',
      },
    ];
    for (const headers of forged) {
      for (const path of [
        '/.well-known/openid-configuration',
        new URL(request()).pathname + new URL(request()).search,
        '/account',
        '/session/end',
        '/nowhere',
      ]) {
        const answer = await raw(`http://127.0.0.1:${port}`, path, { headers });
        expect(`${JSON.stringify(answer.headers)}${answer.body}`).not.toContain('evil.example');
      }
    }
    const found = await raw(`http://127.0.0.1:${port}`, '/.well-known/openid-configuration', {
      headers: { host: 'evil.example' },
    });
    for (const [name, value] of Object.entries(JSON.parse(found.body)))
      if (/_endpoint$|^issuer$|_uri$/.test(name)) expect(String(value).startsWith(stile.issuer)).toBe(true);
  });
});

describe('forwarded addresses', () => {
  const address = async (stile: Stile, forwarded: string) => {
    const person = new Person({ headers: { 'x-forwarded-for': forwarded, 'accept-language': 'en' } });
    const rp = await RelyingParty.at(stile);
    await rp.signIn(person, {}, as(someone()));
    const account = await person.go(`${stile.issuer}/account`);
    return /<small>[\s\S]*?<\/small>/.exec(account.html)?.[0] ?? '';
  };

  test('are believed from a proxy of ours, from the right, and from nobody else', async () => {
    const behind = await startStile({ config: settings({ proxies: ['127.0.0.1', '::1', '10.0.0.0/8'] }) });
    try {
      expect(await address(behind, '198.51.100.66, 192.0.2.7, 10.1.1.1')).toContain('192.0.2.7');
      expect(await address(behind, '<script>, 192.0.2.8')).toContain('192.0.2.8');
      expect(await address(behind, '192.0.2.9, <b>')).not.toMatch(/<b>|192\.0\.2\.9/);
    } finally {
      await behind.stop();
    }
    const open = await startStile({ config: settings() });
    try {
      expect(await address(open, '192.0.2.7')).not.toContain('192.0.2.7');
    } finally {
      await open.stop();
    }
  });
});

describe('open redirects', () => {
  let stile: Stile;
  beforeAll(async () => {
    stile = await startStile({ config: settings() });
  });
  afterAll(() => stile.stop());

  test.each([
    '//evil.example/',
    '/\\evil.example/',
    '/%5cevil.example/',
    '/signed-out?next=https://evil.example',
    '/account?next=//evil.example',
    '/account?walk=//evil.example',
    '/account?walk=../../evil',
    '/session/end?post_logout_redirect_uri=https://evil.example',
    '/session/end?client_id=rp&post_logout_redirect_uri=https://evil.example',
    '/session/end/success?client_id=rp&post_logout_redirect_uri=https://evil.example',
    '/auth?client_id=rp&redirect_uri=//evil.example&response_type=code&scope=openid',
    '/signin/x?lang=//evil.example',
    '/assets/..%2f..%2fpackage.json',
    '/assets/../../package.json',
  ])('%s leads nowhere else', async (path) => {
    const answer = await raw(stile.issuer, path);
    expect(answer.headers.location ?? '/').toMatch(/^\/(?![/\\])/);
    expect(answer.body).not.toMatch(/(href|action|src)="(https?:)?[/\\]{2}evil/);
    expect(answer.body).not.toContain('"private": true');
    expect(answer.status).toBeLessThan(500);
  });

  test('after signing out the browser goes only where the client registered', async () => {
    const rp = await RelyingParty.at(stile);
    const person = new Person();
    const { tokens } = await rp.signIn(person, {}, as(someone()));
    const hint = `id_token_hint=${tokens.id_token}`;
    const bad = await person.go(`${stile.issuer}/session/end?${hint}&post_logout_redirect_uri=https://evil.example/`);
    expect([bad.status, bad.form]).toEqual([400, undefined]);
    const page = await person.go(
      `${stile.issuer}/session/end?${hint}&post_logout_redirect_uri=https://rp.example/bye&state=x`,
    );
    expect(page.status).toBe(200);
    expect((await nobody(person, await person.submit(page))).url.href).toBe('https://rp.example/bye?state=x');
  });
});
