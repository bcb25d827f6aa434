/** What a person does with their own sign-in methods, on the account pages, without help. */
import { rows } from '../attack/attacker.ts';
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
import { type Stile, startStile } from '../support/stile.ts';

let stile: Stile;
let rp: RelyingParty;

beforeAll(async () => {
  stile = await startStile({ config: settings() });
  rp = await RelyingParty.at(stile);
});
afterAll(() => stile.stop());

/** Stops at the first page of the console, whose forms are not the sign-in's. */
const console_ = (page: Page) => page.url.pathname.startsWith('/account');

/** Signs in at the account pages. */
async function home(username: string) {
  const person = new Person();
  const page = await as(username, { until: console_ })(person, await person.go(`${stile.issuer}/account`));
  return { person, page };
}
const open = (person: Person, path: string) => person.go(`${stile.issuer}${path}`);
function send(person: Person, page: Page, action: string, fields: Record<string, string> = {}) {
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] as string;
  return person.go(new URL(action, page.url), { method: 'POST', body: new URLSearchParams({ csrf, ...fields }) });
}
/** The address of a method's own page, by what stands beside it in the list. */
function pageOf(methods: Page, name = 'Authenticator app'): string {
  const [, row = ''] = methods.html.split(`<b>${name}`);
  return /href="(\/account\/methods\/[^"]+)"/.exec(row)?.[1] as string;
}

test('the account pages ask whoever comes to sign in, and show the page they came for', async () => {
  const person = new Person();
  const asked = await open(person, '/account/signins');
  expect(asked.heading).toBe('Sign in');
  const page = await as('ana', { until: console_ })(person, asked);
  expect(page.url.pathname).toBe('/account/signins');
  expect(page.url.search).toBe('');
});

test('mei sets up an authenticator app, is asked for it at an application that wants MFA, and removes it again', async () => {
  const mei = newcomer();
  const { person } = await home(mei);
  const more: { secret?: string; met: string[]; until: typeof console_ } = { met: [], until: console_ };
  const methods = await open(person, '/account/methods');
  const added = await as(mei, more)(person, await send(person, methods, '/account/methods/add', { method: 'totp' }));
  expect(more.met).toEqual(['register:totp', 'register:recovery-code']);
  expect(added.url.search).toBe('?said=added');
  expect(added.html).toContain('Authenticator app');

  const met: string[] = [];
  const { claims } = await rp.signIn(
    new Person(),
    { acr_values: MFA },
    as(mei, { met, secret: more.secret as string }),
  );
  expect(met).toEqual(['identify', 'prove:password', 'prove:totp']);
  expect(claims.acr).toBe(MFA);

  const removed = await send(person, added, `${pageOf(added)}/remove`);
  expect(removed.url.search).toBe('?said=removed');
  expect(pageOf(removed)).toBeUndefined();
});

test('adding or removing a factor later takes a fresh proof with two factors', async () => {
  const ana = someone();
  const { person } = await home(ana);
  const methods = await open(person, '/account/methods');
  const own = pageOf(methods);
  const asked = await send(person, methods, `${own}/remove`);
  expect(asked.form?.fields.step).toBe('prove:totp');
  // Turning back changes nothing and does not ask again.
  const back = await person.submit(asked, {}, { name: 'do', value: 'cancel' });
  expect(back.url.pathname).toBe('/account/methods');
  expect(back.html).toContain(own);

  const adding = await send(person, methods, '/account/methods/add', { method: 'totp' });
  expect(adding.form?.fields.step).toBe('prove:totp');
  const registering = await person.submit(adding, { code: freshCode(secretOf(ana)) });
  expect(registering.form?.fields.step).toBe('register:totp');
});

test('reloading the registration page shows the same key, and a wrong code keeps it', async () => {
  const { person } = await home(newcomer());
  const page = await send(person, await open(person, '/account/methods'), '/account/methods/add', { method: 'totp' });
  const key = (shown: Page) => /<code class="secret"[^>]*>([^<]+)</.exec(shown.html)?.[1];
  const wrong = await person.submit(page, { code: '000000' });
  expect(key(wrong)).toBe(key(page));
  expect(wrong.html).toContain('aria-invalid');
  expect(key(await person.go(page.url))).toBe(key(page));
});

test('removing the app ends the other sessions it proved, not this one', async () => {
  const ana = someone();
  const elsewhere = new Person();
  await rp.signIn(elsewhere, { acr_values: MFA }, as(ana));
  const { person } = await home(ana);
  const page = await open(person, '/account/methods');
  const own = pageOf(page);
  const proving = await send(person, page, `${own}/remove`);
  const proved = await person.submit(proving, { code: freshCode(secretOf(ana)) });
  expect(proved.url.pathname).toBe(own);
  await send(person, proved, `${own}/remove`);
  expect((await rp.signIn(elsewhere, { prompt: 'none' }, nobody)).error).toBe('login_required');
  expect((await rp.signIn(person, { prompt: 'none' }, nobody)).claims.sub).toBeTruthy();
});

describe('a new password', () => {
  test('is judged by its length and by being guessable, not by its characters, and ends the other sessions', async () => {
    const mei = newcomer();
    const elsewhere = new Person();
    await rp.signIn(elsewhere, {}, as(mei));
    const { person } = await home(mei);
    const page = await open(person, '/account/password');
    expect(page.url.pathname).toBe('/account/password');
    for (const bad of ['short', 'passwordpassword', `${mei}${mei}${mei}${mei}`, '']) {
      const refused = await send(person, page, '/account/password', { password: bad });
      expect([bad, refused.status]).toEqual([bad, 422]);
    }
    const changed = await send(person, page, '/account/password', { password: 'a quiet lane between two walls' });
    expect(changed.url.search).toBe('?said=password-changed');
    expect((await rp.signIn(elsewhere, { prompt: 'none' }, nobody)).error).toBe('login_required');

    const fresh = new Person();
    const name = await fresh.submit(await open(fresh, '/account'), { username: mei });
    const old = await fresh.submit(name, { password: PASSWORD });
    expect(old.form?.fields.step).toBe('prove:password');
    const now = await fresh.submit(old, { password: 'a quiet lane between two walls' });
    expect(now.url.pathname).toBe('/account');
  });
});

test('every change of how mei signs in is on record, and the end of every session, by what ended it', async () => {
  const mei = newcomer();
  const elsewhere = new Person();
  await rp.signIn(elsewhere, {}, as(mei));
  const { person } = await home(mei);
  const methods = await open(person, '/account/methods');
  const added = await as(mei, { until: console_ })(
    person,
    await send(person, methods, '/account/methods/add', { method: 'totp' }),
  );
  const own = pageOf(added);
  await send(person, added, `${own}/rename`, { label: 'Pixel 9' });
  await send(person, added, '/account/two-step', { on: 'yes' });
  const kept = await send(person, added, `${own}/remove`);
  expect(kept.url.pathname).toBe(own);
  await send(person, added, '/account/two-step', { on: 'no' });
  const removed = await send(person, added, `${own}/remove`);
  expect(removed.url.search).toBe('?said=removed');
  await send(person, removed, '/account/password', { password: 'a quiet lane between two walls' });
  await send(person, removed, '/account/sign-out');
  const record = await rows<{ type: string; detail: Record<string, unknown>; address: string | null }>(
    stile.databaseUrl,
    `select type, detail, address from events where user_id = (select id from users where username = $1)
     and type ~ '^(credential|two-step|preferred|session.ended)' order by id`,
    [mei],
  );
  expect(record.map(({ type, detail }) => [type, detail.on ?? detail.reason ?? detail.method])).toEqual([
    ['credential.added', 'totp'],
    ['preferred.changed', 'totp'],
    ['credential.renamed', 'totp'],
    ['two-step.changed', true],
    ['two-step.changed', false],
    ['credential.removed', 'totp'],
    ['preferred.changed', null],
    ['credential.replaced', 'password'],
    ['session.ended', 'password changed'],
    ['session.ended', 'signed out'],
  ]);
  expect(record.every(({ address }) => address)).toBe(true);
});

test('recent sign-ins say where, what was proved and why more was asked', async () => {
  const ana = someone();
  const { person } = await home(ana);
  await rp.signIn(person, { acr_values: MFA }, as(ana));
  await rp.signIn(person, { prompt: 'none' }, nobody);
  const page = await open(person, '/account/signins');
  expect(page.html).toContain('Payroll');
  expect(page.html).toContain('Authenticator app');
});
