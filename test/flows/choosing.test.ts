/** Which methods there are for whom, which is asked first, and where whoever has none of them ends: at a real server. */
import { rows } from '../attack/attacker.ts';
import { openMailbox, type TestMailbox } from '../support/mailbox.ts';
import { type Page, Person } from '../support/person.ts';
import { as, MFA, PASSWORD, RelyingParty, secretOf, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

let mailbox: TestMailbox;
let stile: Stile;
let rp: RelyingParty;

const person = (username: string, more: object = {}) => ({
  ...{ username, name: username, password: PASSWORD, email: `${username}@northfold.example`, email_verified: true },
  ...more,
});
const app = (username: string) => ({ methods: { totp: { secret: secretOf(username) } } });
const house = (more: object = {}) =>
  settings(
    {
      mail: { url: mailbox.url, from: 'Northfold <id@northfold.example>' },
      groups: [
        { name: 'Passwordless', methods: { password: 'off' } },
        { name: 'Finance', methods: { totp: 'required' } },
        { name: 'Careful', methods: { 'email-code': { stands_in: false } } },
        { name: 'Bare', methods: { totp: 'off', webauthn: 'off', 'recovery-code': 'off', 'email-code': 'off' } },
      ],
      users: [
        person('priya', { groups: ['Passwordless'] }),
        person('ren', { groups: ['Finance'], ...app('ren') }),
        person('noa', { groups: ['Finance'] }),
        person('kim', { groups: ['Careful'], ...app('kim') }),
        person('lou'),
        person('bea', { groups: ['Bare'], ...app('bea') }),
      ],
      ...more,
    },
    8,
  );

beforeAll(async () => {
  mailbox = await openMailbox();
  stile = await startStile({ config: house() });
  rp = await RelyingParty.at(stile);
  await rows(stile.databaseUrl as string, "update users set two_step = true where username in ('kim', 'lou')");
});
afterAll(async () => {
  await stile?.stop();
  await mailbox?.stop();
});

/** The page without what is different every time it is asked for: ids, marks, and the name that was typed. */
const plainly = ({ html, status }: Page, ...names: string[]) =>
  [
    status,
    names
      .reduce((text, name) => text.replaceAll(name, 'NAME'), html)
      .replaceAll(/\/signin\/[\w-]+/g, '/signin/ID')
      .replaceAll(/name="csrf" value="[^"]*"/g, 'name="csrf"'),
  ].join('\n');

/** A fresh browser at the password page, after this name was given. */
async function named(username: string) {
  const who = new Person();
  const { url } = await rp.request();
  return { who, page: await who.submit(await who.go(url), { username }) };
}
const press = (who: Person, page: Page, value: string, name = 'do') => who.submit(page, {}, { name, value });

describe('a method that is off', () => {
  test('is asked for like everybody, and the right answer is refused as a wrong one is', async () => {
    const [priya, lou, none] = await Promise.all(['priya', 'lou', 'nobody-at-all'].map(named));
    expect(plainly(priya!.page, 'priya')).toBe(plainly(none!.page, 'nobody-at-all'));
    const [right, wrong, unknown] = [
      await priya!.who.submit(priya!.page, { password: PASSWORD }),
      await lou!.who.submit(lou!.page, { password: 'not-the-wall' }),
      await none!.who.submit(none!.page, { password: PASSWORD }),
    ];
    expect(right.html).toContain('That name and password do not match.');
    expect(plainly(right, 'priya')).toBe(plainly(wrong, 'lou'));
    expect(plainly(right, 'priya')).toBe(plainly(unknown, 'nobody-at-all'));
  });

  test('is neither asked for nor set up, and where nothing is left the page says who helps', async () => {
    const who = new Person();
    const { url } = await rp.request({ acr_values: MFA });
    const page = await as('bea', { until: ({ status }) => status === 403 })(who, await who.go(url));
    expect([page.status, page.heading]).toEqual([403, 'You need another way to confirm it is you']);
    expect(page.html).toContain('or for an access pass to set one up');
    expect((await press(who, page, 'identify')).heading).toBe('Sign in');
  });
});

describe('a method that is required', () => {
  test('is asked for at every sign-in, whatever the application asks for, and the account pages name the policy', async () => {
    const [who, met] = [new Person(), [] as string[]];
    const { claims } = await rp.signIn(who, {}, as('ren', { met }));
    expect(met).toEqual(['identify', 'prove:password', 'prove:totp']);
    expect(claims.amr).toEqual(['mfa', 'otp', 'pwd']);
    expect((await who.go(`${stile.issuer}/account/signins`)).html).toContain('‘Required methods’');
  });

  test('is set up on the way by whoever has none, who ends where they were going', async () => {
    const [who, met, pages] = [new Person(), [] as string[], [] as string[]];
    const until = ({ html }: Page) => {
      pages.push(html);
      return false;
    };
    const { claims } = await rp.signIn(who, {}, as('noa', { met, until }));
    expect(met.slice(0, 3)).toEqual(['identify', 'prove:password', 'register:totp']);
    expect(pages[2]).toContain('Asked by the policy ‘Required methods’.');
    expect(claims.amr).toEqual(['mfa', 'otp', 'pwd']);
  });
});

describe('a code by email', () => {
  test('stands in where nobody forbids it, and nothing more is asserted for it', async () => {
    const who = new Person();
    const end = async (_: Person, start: Page) => {
      const page = await as('lou', { until: ({ form }) => form?.fields.step === 'prove:email-code' })(who, start);
      return who.submit(page, { code: (await mailbox.next('lou@northfold.example')).code as string });
    };
    expect((await rp.signIn(who, {}, end)).claims).toMatchObject({ amr: ['pwd'], acr: 'urn:stile:acr:aal1' });
  });

  test('does not where one of the groups says so: it is not even on the list', async () => {
    const who = new Person();
    const { url } = await rp.request();
    const page = await as('kim', { until: ({ form }) => form?.fields.step === 'prove:totp' })(who, await who.go(url));
    const list = await press(who, page, 'another');
    expect(list.html).not.toContain('value="email-code"');
  });
});

describe('whoever has lost everything', () => {
  test('before a first proof finds the same page for every name, and the way back', async () => {
    const pages = await Promise.all(
      [someone(), 'nobody-at-all', 'priya'].map(async (name) => {
        const { who, page } = await named(name);
        const lost = await press(who, page, 'lost');
        const back = lost.form?.buttons.find(({ words }) => words === 'Go back to the other ways');
        return { lost: plainly(lost, name), back: await press(who, lost, back?.value ?? '', back?.name) };
      }),
    );
    expect(new Set(pages.map(({ lost }) => lost)).size).toBe(1);
    expect(pages[0]?.lost).toContain('Ask the service desk.');
    expect(pages.map(({ back }) => back.form?.fields.step)).toEqual(pages.map(() => 'prove:password'));
  });

  test('after it, too, is never at a dead end', async () => {
    const who = new Person();
    const ana = someone();
    const { url } = await rp.request({ acr_values: MFA });
    const page = await as(ana, { until: ({ form }) => form?.fields.step === 'prove:totp' })(who, await who.go(url));
    const lost = await press(who, page, 'lost');
    expect([lost.status, lost.heading]).toEqual([200, 'You need another way to confirm it is you']);
    const back = lost.form?.buttons[0];
    expect((await press(who, lost, back?.value as string, back?.name)).form?.fields.step).toBe('prove:totp');
  });
});

describe('what begins a sign-in', () => {
  test('is asked in the order of the configuration: a code by email first, the password one click away', async () => {
    await stile.halt();
    await stile.again({ config: house({ methods: { begin: ['email-code', 'password'] } }) });
    const { who, page } = await named('lou');
    const other = await named('nobody-at-all');
    expect(page.form?.fields.step).toBe('prove:email-code');
    const times = (one: Page, name: string) => plainly(one, name).replaceAll(/<time.*?<\/time>/g, 'TIME');
    expect(times(page, 'lou')).toBe(times(other.page, 'nobody-at-all'));
    await mailbox.next('lou@northfold.example');

    const list = await press(who, page, 'another');
    expect(list.form?.buttons.slice(0, 2).map(({ value }) => value)).toEqual(['email-code', 'password']);
    expect(list.html).not.toMatch(/Never used|Last used|northfold/);
    const password = await press(who, list, 'password', 'method');
    expect(password.form?.fields.step).toBe('prove:password');
    // Choosing sent nothing more.
    expect(mailbox.mails.filter(({ recipients }) => recipients.includes('nobody-at-all'))).toEqual([]);
  });

  test('an email code alone is one factor: no password is asked, and beside it none counts twice', async () => {
    const who = new Person();
    const end = async (_: Person, start: Page) => {
      const page = await as('kim', { until: ({ form }) => form?.fields.step === 'prove:email-code' })(who, start);
      return as('kim')(
        who,
        await who.submit(page, { code: (await mailbox.next('kim@northfold.example')).code as string }),
      );
    };
    const { claims } = await rp.signIn(who, {}, end);
    // Two-step sign-in is on: the password is what is left to prove beside the app.
    expect(claims.amr).toEqual(['mfa', 'otp', 'pwd']);
  });
});
