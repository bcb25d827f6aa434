/** Access passes and recovery codes, as people and applications meet them at a real server: what they open, and what is said of them. */
import { join } from 'node:path';
import { requestFor, textOf } from '../../src/admin/api/request.ts';
import { operationById } from '../../src/admin/operations/table.ts';
import { askThrough } from '../../src/admin/socket.ts';
import { rows } from '../attack/attacker.ts';
import { openMailbox, type TestMailbox } from '../support/mailbox.ts';
import { type Page, Person } from '../support/person.ts';
import {
  freshCode,
  MFA,
  newcomer,
  nobody,
  PASSWORD,
  RelyingParty,
  secretOf,
  settings,
  someone,
  type Walker,
} from '../support/rp.ts';
import { ServiceProvider } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';

let stile: Stile;
let mailbox: TestMailbox;
let rp: RelyingParty;
const sp = new ServiceProvider({ id: 'plain' });
const owner = someone();
const api = { resource: '{issuer}/admin/api' };

beforeAll(async () => {
  mailbox = await openMailbox();
  stile = await startStile({
    config: settings({
      enrolment: { first: 'pass' },
      mail: { url: mailbox.url, from: 'stile@northfold.example' },
      limits: { lock_after: 60, disable_after: 100 },
      roles: { owner: { users: [owner] } },
      applications: [
        sp.application,
        {
          ...{ id: 'console', name: 'Console' },
          oidc: {
            ...{ client_id: 'console', client_secret: 'a client secret for tests', resources: [api] },
            redirect_uris: ['https://rp.example/cb'],
          },
        },
      ],
      users: [
        { username: 'eva', name: 'Eva', password: PASSWORD, email: 'eva@northfold.example', email_verified: true },
      ],
    }),
  });
  rp = await RelyingParty.at(stile);
  await sp.meet(stile);
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await Promise.all([stile.stop(), mailbox.stop()]);
});

type Button = { name: string; value: string };
/** What is done at a step: fields are filled in, or a button is pressed. */
type Doing = Record<string, Record<string, string> | Button[]>;
const later: Button = { name: 'do', value: 'later' };
const another: Button = { name: 'do', value: 'another' };
const by = (method: string): Button => ({ name: 'method', value: method });
const stepOf = (page: Page) => page.form?.fields.step ?? '';

/** Answers by the table, the same step anew only as often as the table's list says; notes what was met. */
const walks =
  (username: string, doing: Doing = {}, met: string[] = []): Walker =>
  async (person, start) => {
    const all: Doing = {
      identify: { username },
      'prove:password': { password: PASSWORD },
      anew: [later],
      ...doing,
    };
    let page = start;
    for (let pages = 0; page.form && pages < 12; pages++) {
      const step = stepOf(page);
      met.push(step);
      const act = all[step];
      if (!act || met.filter((one) => one === step).length > 1) return page;
      page = Array.isArray(act) ? await person.submit(page, {}, act[0]) : await person.submit(page, act);
    }
    return page;
  };

/** By the server's own socket, as the command line does. */
async function local(id: string, input: Record<string, unknown>) {
  const answer = await askThrough(join(stile.dataDir, 'data', 'stile.sock'), requestFor(operationById(id), input));
  return JSON.parse(await textOf(answer as NonNullable<typeof answer>)) as Record<string, string>;
}
const passFor = async (username: string, terms: Record<string, unknown> = {}) => {
  const { pass = '', id = '' } = await local('users.access-passes.issue', { user: `local:${username}`, ...terms });
  return { pass, id };
};
const sql = <T>(text: string, ...values: unknown[]) => rows<T>(stile.databaseUrl, text, values);
const twoStep = (username: string) => sql('update users set two_step = true where username = $1', username);
const events = async (username: string, type: string) =>
  (
    await sql<{ detail: Record<string, unknown> }>(
      'select detail from events where type = $2 and user_id = (select id from users where username = $1) order by id',
      ...[username, type],
    )
  ).map(({ detail }) => detail);

/** A page of the walk to the application, after the name. */
async function named(username: string, params: Record<string, string> = {}) {
  const person = new Person();
  const { url, checks } = await rp.request(params);
  const page = await person.submit(await person.go(url), { username });
  return { person, page, checks };
}
/** The page that asks for a pass of somebody nobody vouches for. */
async function atPass(username: string, params: Record<string, string> = {}) {
  const { person, page, checks } = await named(username, params);
  const chosen = await person.submit(await person.submit(page, {}, another), {}, by('access-pass'));
  expect(stepOf(chosen)).toBe('prove:access-pass');
  return { person, page: chosen, checks };
}
/** What a page says, without what is another every time. */
const words = ({ status, html }: Page) => [
  status,
  html
    .replace(/\/signin\/[\w-]+/g, '')
    .replace(/name="csrf" value="[^"]*"/g, '')
    .replace(/value="mei\d+"|mei\d+|nobody-\d+/g, 'X'),
];

describe('an access pass in the place of a second factor', () => {
  test('opens an application of a policy that accepts it, and is asserted as nothing; the record names it', async () => {
    const [mei, person, met] = [newcomer(), new Person(), [] as string[]];
    await twoStep(mei);
    const { pass, id } = await passFor(mei);
    const { claims } = await rp.signIn(person, {}, walks(mei, { 'prove:access-pass': { code: pass } }, met));
    expect(met).toEqual(['identify', 'prove:password', 'prove:access-pass', 'anew']);
    expect(claims).toMatchObject({ amr: ['pwd'], acr: 'urn:stile:acr:aal1' });
    const [used] = await events(mei, 'access-pass.used');
    expect(used).toMatchObject({ pass: id, by: expect.stringMatching(/^local:/), oneTime: true });
    expect((await events(mei, 'sign-in')).at(-1)).toMatchObject({
      required: [{ strength: 'mfa', policies: ['two-step'], stoodIn: 'access_pass' }],
      proved: [['password', expect.any(Number)]],
    });
    const saml = await sp.signIn(person, { passive: true }, nobody);
    expect(saml.context).toMatch(/PasswordProtectedTransport$/);
    const strong = await sp.signIn(person, { passive: true, classes: [MFA] }, nobody);
    expect(strong.status).not.toContain('Success');
  });

  test.each([
    ['prompt=login', (person: Person, walker: Walker) => rp.signIn(person, { prompt: 'login' }, walker)],
    ['ForceAuthn', (person: Person, walker: Walker) => sp.signIn(person, { force: true }, walker)],
  ])(
    'does not meet %s: something of her own is set up, which a pass of any number of uses opens',
    async (_what, forced) => {
      const [mei, person, met] = [newcomer(), new Person(), [] as string[]];
      await twoStep(mei);
      const { pass } = await passFor(mei, { many: true });
      const doing = { 'prove:access-pass': { code: pass } };
      await rp.signIn(person, {}, walks(mei, doing));
      await forced(person, walks(mei, doing, met)).catch(() => undefined);
      expect(met).toContain('prove:password');
      expect(met.at(-1)).toBe('register:totp');
    },
  );

  test('does not open the administration: there the owner shows what is theirs', async () => {
    const { pass } = await passFor(owner, { many: true, first_factor: true });
    const console_ = await RelyingParty.at(stile, { id: 'console' });
    const resource = `${stile.issuer}/admin/api`;
    const { url } = await console_.request({ scope: 'openid stile:admin', resource });
    const person = new Person();
    const asked = await walks(owner)(person, await person.go(url));
    expect(stepOf(asked)).toBe('prove:totp');
    expect(stepOf(await person.submit(asked, {}, by('access-pass')))).toBe('prove:totp');
    expect(stepOf(await person.submit(asked, { code: pass }))).toBe('prove:totp');
  });

  test('taken back while mei is on her way, it opens nothing any more', async () => {
    const mei = newcomer();
    const { pass, id } = await passFor(mei);
    const [person, { url }] = [new Person(), await rp.request({ acr_values: MFA, prompt: 'login' })];
    const setting = await walks(mei, { 'prove:access-pass': { code: pass } })(person, await person.go(url));
    expect(stepOf(setting)).toBe('register:totp');
    await local('users.access-passes.withdraw', { user: `local:${mei}`, pass: id });
    const again = await person.go(setting.url);
    expect(stepOf(again)).toBe('prove:access-pass');
    expect(stepOf(await person.submit(again, { code: pass }))).toBe('prove:access-pass');
  });
});

describe('an access pass to begin with', () => {
  test('lets mei in without a password as one factor and no more, and asks her to set up something of her own', async () => {
    const [mei, met] = [newcomer(), [] as string[]];
    const { pass } = await passFor(mei, { first_factor: true });
    const { person, page, checks } = await atPass(mei);
    const asked = await person.submit(page, { code: pass.toLowerCase().replaceAll('-', ' ') });
    expect([stepOf(asked), asked.heading]).toEqual(['anew', 'Set up your own way to sign in']);
    const end = await person.submit(asked, {}, later);
    expect(end.url.href).toMatch(/^https:\/\/rp\.example\/cb\?code=/);
    expect(checks.expectedState).toBe(end.url.searchParams.get('state'));
    const silent = await rp.signIn(person, { prompt: 'none' }, nobody);
    expect(silent.claims).toMatchObject({ amr: ['otp'], acr: 'urn:stile:acr:aal1' });
    // One factor of no kind that SAML has a class for.
    expect((await sp.signIn(person, { passive: true }, nobody)).context).toMatch(/:unspecified$/);
    expect((await sp.signIn(person, { passive: true, classes: [MFA] }, nobody)).status).not.toContain('Success');
    // Two factors it is never half of: with it, a password and something of one's own are still asked for.
    await rp.signIn(person, { acr_values: MFA }, walks(mei, {}, met)).catch(() => undefined);
    expect(met[0]).toBe('prove:password');
  });

  test('of twenty at once one is let in', async () => {
    const mei = newcomer();
    const { pass } = await passFor(mei, { first_factor: true });
    const doors = await Promise.all(Array.from({ length: 20 }, () => atPass(mei)));
    const pages = await Promise.all(doors.map(({ person, page }) => person.submit(page, { code: pass })));
    expect(pages.map(stepOf).filter((step) => step === 'anew')).toHaveLength(1);
    expect(pages.map(stepOf).filter((step) => step === 'prove:access-pass')).toHaveLength(19);
  });

  test('is refused in the same words whatever is wrong with it, and whether or not anybody has that name', async () => {
    const [mei, tom] = [newcomer(), newcomer()];
    const first_factor = true;
    const good = await passFor(mei, { first_factor });
    const [spent, over, waiting] = [
      await passFor(mei, { first_factor }),
      await passFor(mei, { first_factor }),
      await passFor(mei, { first_factor }),
    ];
    const [gone, second, toms] = [
      await passFor(mei, { first_factor }),
      await passFor(mei),
      await passFor(tom, { first_factor }),
    ];
    await sql('update credentials set counter = 1 where id = $1', spent.id);
    await sql(`update credentials set data = data || '{"endsAt": 1000}' where id = $1`, over.id);
    await sql(`update credentials set data = data || '{"startsAt": 99999999999999}' where id = $1`, waiting.id);
    await local('users.access-passes.withdraw', { user: `local:${mei}`, pass: gone.id });
    const said: unknown[] = [];
    for (const { pass } of [spent, over, waiting, gone, second, toms, { pass: 'AAAA-CCCC-DDDD' }]) {
      const { person, page } = await atPass(mei);
      said.push(words(await person.submit(page, { code: pass })));
    }
    for (const username of [newcomer(), 'nobody-1']) {
      const { person, page } = await atPass(username);
      said.push(words(await person.submit(page, { code: good.pass })));
    }
    expect(new Set(said.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(JSON.stringify(said[0])).toContain('That pass was not accepted.');
    const { person, page } = await atPass(mei);
    expect(stepOf(await person.submit(page, { code: good.pass }))).toBe('anew');
  });
});

const codesOn = (html: string) =>
  [...html.matchAll(/<li><code>([2-9A-Y-]{14})<\/code><\/li>/g)].map(([, code]) => code as string);

describe('recovery codes', () => {
  let codes: string[];

  test('are suggested once eva has something to lose, shown the same until she kept them, and kept as a file by her browser alone', async () => {
    const { pass } = await passFor('eva');
    const mail = await mailbox.next('eva@northfold.example', 'An access pass was issued for you');
    expect(mail.raw).not.toContain(pass);
    const [person, { url }] = [new Person(), await rp.request({ acr_values: MFA })];
    const setting = await walks('eva', { 'prove:access-pass': { code: pass } })(person, await person.go(url));
    const secret = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(setting.html)?.[1]?.replaceAll(' ', '') as string;
    const offered = await person.submit(setting, { code: freshCode(secret) });
    expect([stepOf(offered), offered.heading]).toEqual(['register:recovery-code', 'Keep these recovery codes']);
    codes = codesOn(offered.html);
    expect(codes).toHaveLength(10);
    expect(codesOn((await person.go(offered.url)).html)).toEqual(codes);

    const file = await person.fetch(`${offered.url}/file`);
    const text = await file.text();
    expect(codes.filter((code) => text.includes(code))).toEqual(codes);
    expect([
      file.headers.get('content-type'),
      file.headers.get('cache-control'),
      file.headers.get('content-disposition'),
    ]).toEqual(['text/plain; charset=utf-8', 'no-store', 'attachment; filename="recovery-codes.txt"']);
    // Who has another browser gets what anybody gets who has no sign-in.
    const stranger = await new Person().fetch(`${offered.url}/file`);
    expect([stranger.status, await stranger.text()]).toEqual([303, expect.not.stringContaining(codes[0] as string)]);

    const unticked = await person.submit(offered, {});
    expect(unticked.html).toContain('Keep the codes, then tick the box.');
    expect(codesOn(unticked.html)).toEqual(codes);
    const end = await person.submit(unticked, { kept: 'yes' });
    expect(end.url.href).toMatch(/^https:\/\/rp\.example\/cb\?code=/);
    expect((await person.fetch(`${offered.url}/file`)).status).toBe(303);
    const kept = await sql<Record<string, unknown>>(
      "select * from credentials where method = 'recovery-code' and user_id = (select id from users where username = 'eva')",
    );
    expect(kept).toHaveLength(1);
    for (const code of codes) expect(JSON.stringify(kept)).not.toContain(code.replaceAll('-', ''));
  });

  /** Eva without her phone, as far as the page that asks for a recovery code. */
  const stranded = async () => {
    const [person, { url }] = [new Person(), await rp.request({ acr_values: MFA })];
    const totp = await walks('eva')(person, await person.go(url));
    expect(stepOf(totp)).toBe('prove:totp');
    return { person, page: await person.submit(await person.submit(totp, {}, another), {}, by('recovery-code')) };
  };

  test('one is half of two factors, once; eva is told by mail, asked what is lost, and goes on where she was going', async () => {
    const { person, page } = await stranded();
    const asked = await person.submit(page, { code: ` ${codes[4]?.toLowerCase().replaceAll('-', '')}` });
    expect([stepOf(asked), asked.heading]).toEqual(['anew', 'Have you lost your phone or key?']);
    const mail = await mailbox.next('eva@northfold.example', 'A recovery code was used');
    expect(mail.text).toContain('9 left');
    expect((await person.submit(asked, {}, later)).url.href).toMatch(/^https:\/\/rp\.example\/cb\?code=/);
    const { claims } = await rp.signIn(person, { prompt: 'none', acr_values: MFA }, nobody);
    expect(claims).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'] });

    const again = await stranded();
    const refused = await again.person.submit(again.page, { code: codes[4] as string });
    expect(refused.html).toContain('That code was not accepted.');
    expect(stepOf(refused)).toBe('prove:recovery-code');
  });

  test('whoever has lost the phone sets up a new one on the way', async () => {
    const { person, page } = await stranded();
    const asked = await person.submit(page, { code: codes[0] as string });
    const setting = await person.submit(asked, {}, by('totp'));
    expect(stepOf(setting)).toBe('register:totp');
    const secret = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(setting.html)?.[1]?.replaceAll(' ', '') as string;
    const end = await person.submit(setting, { code: freshCode(secret) });
    expect(end.url.href).toMatch(/^https:\/\/rp\.example\/cb\?code=/);
  });

  test('of eight browsers with the same code at once one is let in, and the others spend nothing', async () => {
    const doors = await Promise.all(Array.from({ length: 8 }, stranded));
    const pages = await Promise.all(doors.map(({ person, page }) => person.submit(page, { code: codes[7] as string })));
    expect(pages.map(stepOf).filter((step) => step === 'anew')).toHaveLength(1);
    const [{ spent }] = (await sql<{ spent: number }>(
      "select count(*)::int as spent from credential_uses u join credentials c on c.id = u.credential_id where c.method = 'recovery-code'",
    )) as [{ spent: number }];
    expect(spent).toBe(3);
  });

  test('of somebody else they prove nothing, and to whoever has none nobody suggests that others do', async () => {
    const ana = someone();
    const [person, { url }] = [new Person(), await rp.request({ acr_values: MFA })];
    const totp = await walks(ana)(person, await person.go(url));
    expect(stepOf(totp)).toBe('prove:totp');
    const asked = await person.submit(totp, {}, by('recovery-code'));
    expect(stepOf(asked)).toBe('prove:totp');
    expect((await person.submit(asked, { code: codes[1] as string })).html).toContain('That code was not accepted.');
    expect(stepOf(await person.submit(asked, { code: freshCode(secretOf(ana)) }))).toBe('');
  });
});
