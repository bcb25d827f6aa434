/** Mail, from the configuration to the mailbox: links that are sent, changes that are told, and what a failure says. */
import { join } from 'node:path';
import { rows } from '../attack/attacker.ts';
import { stileCommand } from '../support/command-line.ts';
import { openMailbox, type TestMailbox } from '../support/mailbox.ts';
import { type Page, Person } from '../support/person.ts';
import { as, codeNow, PASSWORD, settings } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const password = 'grey herons over the harbour';
let box: TestMailbox;
let stile: Stile;

const known = (username: string, more: object = {}) => ({
  ...{ username, name: username, email: `${username}@northfold.example`, email_verified: true, password: PASSWORD },
  ...more,
});
beforeAll(async () => {
  box = await openMailbox({ auth: { user: 'stile', password: 'a wall of stones' } });
  const url = box.url.replace('://', '://stile@');
  const mail = { url, password: 'a wall of stones', from: 'stile@northfold.example', language: 'de' };
  const people = ['ines', 'ada', 'lea', 'joe', 'kim'].map((one) => known(one, { claims: { locale: 'en' } }));
  stile = await startStile({
    config: settings({ mail, users: [...people, known('max', { email_verified: false }), known('udo')] }),
  });
});
afterAll(async () => {
  const log = stile.output();
  expect(log).not.toMatch(/"level":(50|60)/);
  expect(log).not.toMatch(/northfold\.example|wall of stones|token=/);
  await stile.stop();
  await box.stop();
});

/** The command line beside the running server. */
const command = (...args: string[]) =>
  stileCommand([...args, '--json'], { DATA_DIR: join(stile.dataDir, 'data') }).then(({ code, out }) => ({
    code,
    answer: JSON.parse(out) as Record<string, unknown>,
  }));
const account = (page: Page) => page.url.pathname.startsWith('/account');
const events = (username: string, type: string) =>
  rows<{ detail: Record<string, unknown> }>(
    stile.databaseUrl,
    `select detail from events where type = '${type}' and user_id = (select id from users where username = '${username}') order by at, id`,
  );
const passwordOf = async (username: string) =>
  (
    await rows<{ data: Record<string, unknown> }>(
      stile.databaseUrl,
      `select data from credentials where method = 'password' and user_id = (select id from users where username = '${username}')`,
    )
  )[0]?.data;

describe('stile mail test', () => {
  test('sends a message, in the language of the installation, and says what the server answered', async () => {
    const { code, answer } = await command('mail', 'test', 'ops@northfold.example');
    expect(code).toBe(0);
    expect(answer.answer).toMatch(/^250 /);
    expect(await box.next('ops@northfold.example')).toMatchObject({
      ...{ subject: 'Nachrichten von Stile kommen an', user: 'stile' },
      from: { name: 'Stile', address: 'stile@northfold.example' },
    });
  });

  test('says in its words why it did not take it', async () => {
    box.mood = 'refuses';
    const { code, answer } = await command('mail', 'test', 'ops@northfold.example');
    box.mood = 'takes';
    expect([code, answer.type, answer.detail]).toEqual([
      ...[3, 'urn:stile:problem:unsent', '550 5.1.1 <ops@northfold.example> is nobody here'],
    ]);
  });

  test('takes no address that is none', async () => {
    expect((await command('mail', 'test', 'ops@northfold.example, eve@evil.example')).code).not.toBe(0);
  });
});

describe('a registration link by mail', () => {
  test('is shown to nobody, opens a page that changes nothing by being looked at, and lets a password be chosen, once', async () => {
    const { code, answer } = await command('user', 'reset', 'ines', '--mail');
    expect([code, Object.keys(answer)]).toEqual([0, ['expires_at']]);
    const mail = await box.next('ines@northfold.example');
    expect(mail).toMatchObject({ subject: 'Choose a new password' });
    const link = mail.link as string;
    // What reads mail before its owner does opens every link in it.
    for (let i = 0; i < 3; i++) expect((await fetch(link, { method: i ? 'GET' : 'HEAD' })).status).toBe(200);
    expect(await passwordOf('ines')).toEqual({});

    const ines = new Person();
    const page = await ines.go(link);
    expect(page.html).not.toContain('class="qr"');
    const chosen = await ines.submit(page, { password });
    expect(chosen.heading).toBe('Sign in');
    expect(await passwordOf('ines')).toEqual({ mailbox: true });
    expect((await ines.go(link)).heading).toBe('This link no longer works');

    const told = await box.next('ines@northfold.example');
    expect(told.subject).toBe('Your password was changed');
    expect(told.text).toContain('127.0.0.1');
    const [used] = await events('ines', 'registration-link.used');
    expect(used?.detail).toMatchObject({ methods: ['password'], mailed: true });
  });

  test('leaves its mark on the password until it is changed by two factors', async () => {
    await command('user', 'reset', 'ada', '--mail');
    const ada = new Person();
    const { link } = await box.next('ada@northfold.example');
    await ada.submit(await ada.go(link as string), { password });
    const home = await as('ada', { password, until: account })(ada, await ada.go(`${stile.issuer}/account/password`));
    expect(home.url.pathname).toBe('/account/password');
    const csrf = /name="csrf" value="([^"]+)"/.exec(home.html)?.[1] as string;
    const change = (next: string) =>
      ada.go(`${stile.issuer}/account/password`, {
        ...{ method: 'POST', body: new URLSearchParams({ csrf, password: next }) },
      });
    expect((await change('white herons over the harbour')).url.search).toBe('?said=password-changed');
    expect(await passwordOf('ada')).toEqual({ mailbox: true });

    const add = await ada.go(`${stile.issuer}/account/methods/add`, {
      ...{ method: 'POST', body: new URLSearchParams({ csrf, method: 'totp' }) },
    });
    const walker = as('ada', { password: 'white herons over the harbour', until: account });
    expect((await walker(ada, add)).url.search).toBe('?said=added');
    expect((await change('black herons over the harbour')).url.search).toBe('?said=password-changed');
    expect(await passwordOf('ada')).toEqual({});
  });

  test.each([
    ['max', 409, /verified address/],
    ['bob', 409, /verified address/],
  ])('goes to no address that was not verified: %s', async (username, status, why) => {
    const { code, answer } = await command('user', 'reset', username, '--mail');
    expect([code, answer.status]).toEqual([1, status]);
    expect(answer.detail).toMatch(why);
  });

  test('that the mail server did not take works for nobody', async () => {
    box.mood = 'busy';
    const { code, answer } = await command('user', 'reset', 'lea', '--mail');
    box.mood = 'takes';
    expect([code, answer.status, answer.detail]).toEqual([3, 502, '451 4.3.0 Try again later']);
    const left = await rows(
      stile.databaseUrl,
      "select * from registration_links where user_id = (select id from users where username = 'lea')",
    );
    expect(left).toEqual([]);
  });
});

describe('what changed is told', () => {
  test('an authenticator app that joe set up: which, from which browser and where, and that he was told is on record', async () => {
    const joe = new Person({ headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0' } });
    const home = await as('joe', { until: account })(joe, await joe.go(`${stile.issuer}/account/methods`));
    const csrf = /name="csrf" value="([^"]+)"/.exec(home.html)?.[1] as string;
    const body = new URLSearchParams({ csrf, method: 'totp' });
    const add = await joe.go(`${stile.issuer}/account/methods/add`, { method: 'POST', body });
    await as('joe', { until: account })(joe, add);
    const mail = await box.next('joe@northfold.example');
    expect(mail.subject).toBe('A way to sign in was added');
    for (const said of ['Authenticator app', 'Firefox on Linux', '127.0.0.1', `${stile.issuer}/account/methods`]) {
      expect(mail.text).toContain(said);
    }
    const { answer } = await command('user', 'methods', 'joe');
    const totp = (answer.items as { id: string; method: string }[]).find(({ method }) => method === 'totp');
    await command('user', 'remove-method', 'joe', totp?.id as string);
    const removed = await box.next('joe@northfold.example');
    expect(removed.subject).toBe('A way to sign in was removed');
    expect(removed.text).toContain('By: An administrator');
    expect(removed.text).not.toContain('127.0.0.1');
  });
});

test('there is no demo mailbox here', async () => {
  expect((await fetch(`${stile.issuer}/mailbox`)).status).toBe(404);
  expect((await fetch(`${stile.issuer}/mailbox/1/html`)).status).toBe(404);
});

test('that a mail did not go is on record, keeps nobody from the change, and is waited for by a server that leaves', async () => {
  box.mood = 'refuses';
  const { answer } = await command('user', 'reset', 'kim');
  const kim = new Person();
  const page = await kim.go(answer.link as string);
  const secret = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(page.html)?.[1]?.replaceAll(' ', '') as string;
  expect((await kim.submit(page, { password, code: codeNow(secret) })).url.pathname).toBe('/account');
  expect(await passwordOf('kim')).toEqual({});
  await stile.halt();
  expect((await events('kim', 'notice.unsent')).map(({ detail }) => [detail.kind, detail.why])).toEqual([
    ['password-changed', 'unsent'],
    ['method-added', 'unsent'],
  ]);
});
