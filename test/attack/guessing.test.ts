import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Page, Person } from '../support/person.ts';
import { as, freshCode, MFA, newcomer, PASSWORD, RelyingParty, secretOf, settings, someone } from '../support/rp.ts';
import { type Stile, startStile, TEST_SECRET } from '../support/stile.ts';
import { form, rows } from './attacker.ts';

const gone = { username: 'gone', name: 'Gone', password: PASSWORD };
let stile: Stile;
let rp: RelyingParty;

beforeAll(async () => {
  stile = await startStile({ config: settings({ users: [gone] }) });
  await stile.halt();
  await stile.again({ config: settings() });
  rp = await RelyingParty.at(stile);
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

const step = (page: Page) => page.form?.fields.step;
const arrived = (page: Page) => page.url.href.startsWith('https://rp.example/cb?code=');
const at = async (person: Person, params: Record<string, string> = {}) => person.go((await rp.request(params)).url);
const named = async (username: string, person = new Person()) => ({
  person,
  page: await person.submit(await at(person), { username }),
});
/** What is the same for everybody: the name typed and the ids of this one sign-in taken out. */
const words = (page: Page, username: string) =>
  page.html
    .replaceAll(username, 'NAME')
    .replace(/\/signin\/[\w-]+/g, '/signin/ID')
    .replace(/name="csrf" value="[^"]*"/, '')
    .replace(/[A-Z0-9]{4}-[A-Z0-9]{4}/g, 'REFERENCE')
    .replace(/<time.*?<\/time>/g, 'TIME');

/** Wrong answers in a row, each on the page the last one led to. */
async function guess(who: { person: Person; page: Page }, tries: number, field = 'password'): Promise<Page[]> {
  const met: Page[] = [];
  for (let i = 0; i < tries; i++) {
    const { fields } = who.page.form as NonNullable<Page['form']>;
    // The page of a locked method has no field: whoever guesses goes on posting to the one before.
    const page = await who.person.go(
      who.page.url,
      form({ ...fields, [field]: field === 'code' ? '000000' : `wrong ${i}` }),
    );
    met.push(page);
  }
  return met;
}
const credential = async (username: string, method: string) => {
  const [row] = await rows<{ failures: number; locked: number | null; disabled: boolean }>(
    stile.databaseUrl,
    `select failures, extract(epoch from locked_until - now())::integer as locked, c.disabled_at is not null as disabled
     from credentials c join users on users.id = user_id where username = $1 and method = $2`,
    [username, method],
  );
  return row;
};
/** Lets the quarter of an hour pass. */
const later = (username: string) =>
  rows(
    stile.databaseUrl,
    'update credentials set locked_until = now() where user_id = (select id from users where username = $1) and locked_until is not null',
    [username],
  );

describe('whether an account exists is nobody else’s business', () => {
  test('twelve wrong passwords look the same for ana, for nobody, and for somebody who was disabled', async () => {
    const names = [someone(), 'nobody-of-that-name', 'gone'];
    const met = [];
    for (const name of names) {
      const who = await named(name);
      const pages = [who.page, ...(await guess(who, 12))];
      met.push(pages.map((page) => [page.status, page.headers.get('retry-after') !== null, words(page, name)]));
    }
    expect(met[1]).toEqual(met[0]);
    expect(met[2]).toEqual(met[0]);
    expect(met[0]?.map(([status]) => status)).toEqual([...Array(11).fill(200), 429, 429]);
  });

  test('takes as long at its quickest: a wrong password for ana and for nobody', async () => {
    const times = new Map<string, number[]>();
    const who = await Promise.all([someone(), `nobody-${Date.now()}`].map((name) => named(name)));
    for (let i = 0; i < 9; i++) {
      for (const [n, one] of who.entries()) {
        const started = performance.now();
        await guess(one, 1);
        times.set(String(n), [...(times.get(String(n)) ?? []), performance.now() - started]);
      }
    }
    // The quickest of nine: whatever else the machine does only ever adds to a time.
    const [known = 0, unknown = 0] = [...times.values()].map((all) => Math.min(...all));
    expect(Math.max(known, unknown) / Math.min(known, unknown)).toBeLessThan(1.8);
  });

  test.each([
    ['with and without the letters’ other forms', 'ａｎａ39', 'ana39', 'ｚｏｅ39', 'zoe39'],
    ['in capitals', 'ANA38', 'ana38', 'ZOE38', 'zoe38'],
    ['with spaces around', '  ana37 ', 'ana37', ' zoe37  ', 'zoe37'],
  ])('two spellings of a name share their tries, known or not: %s', async (_how, one, other, nobody, nobodyToo) => {
    const locked = [];
    for (const [first, second] of [
      [one, other],
      [nobody, nobodyToo],
    ] as const) {
      await guess(await named(first), 10);
      const [page] = await guess(await named(second), 1);
      locked.push(page?.status);
    }
    expect(locked).toEqual([429, 429]);
  });

  test('nor does a locked page say it, by a right password either', async () => {
    const ana = someone();
    await guess(await named(ana), 10);
    const who = await named(ana);
    const page = await who.person.submit(who.page, { password: PASSWORD });
    expect(page.status).toBe(429);
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(800);
  });
});

describe('a method is locked', () => {
  test('for fifteen minutes after ten wrong in a row, and says so on the page and in the database', async () => {
    const ana = someone();
    const pages = await guess(await named(ana), 11);
    expect(pages.map(({ status }) => status)).toEqual([...Array(10).fill(200), 429]);
    const row = await credential(ana, 'password');
    expect(row).toMatchObject({ failures: 10, disabled: false });
    expect(row?.locked).toBeGreaterThan(14 * 60);
    expect(row?.locked).toBeLessThanOrEqual(15 * 60);
  });

  test('for good after fifty, until somebody unlocks it; a restart forgives nothing', async () => {
    const ana = someone();
    for (let round = 0; round < 5; round++) {
      await guess(await named(ana), 10);
      await later(ana);
    }
    expect(await credential(ana, 'password')).toMatchObject({ failures: 50, disabled: true });
    await stile.halt();
    await stile.again();
    const who = await named(ana);
    expect((await who.person.submit(who.page, { password: PASSWORD })).status).toBe(429);
    expect(await unlock(ana)).toMatchObject({ code: 0, output: expect.stringContaining('can try again') });
    const after = await named(ana);
    expect(arrived(await after.person.submit(after.page, { password: PASSWORD }))).toBe(true);
  });

  test('twenty guesses sent at once get no more tries than twenty in a row', async () => {
    const ana = someone();
    const walks = await Promise.all(Array.from({ length: 20 }, () => named(ana)));
    await Promise.all(walks.map((who) => guess(who, 1)));
    expect(await credential(ana, 'password')).toMatchObject({ failures: 10 });
  });

  test('and right answers in between start the count anew', async () => {
    const ana = someone();
    await guess(await named(ana), 9);
    await rp.signIn(new Person(), {}, as(ana));
    expect(await credential(ana, 'password')).toMatchObject({ failures: 0 });
  });

  test('is opened by `stile unlock` with the server running and with the server down; an unknown name is exit code 1', async () => {
    const ana = someone();
    await guess(await named(ana), 10);
    expect(await unlock(ana, '--json')).toMatchObject({ code: 0, output: expect.stringContaining('"credentials":1') });
    expect(await credential(ana, 'password')).toMatchObject({ failures: 0, locked: null });
    await guess(await named(ana), 10);
    await stile.halt();
    expect(await unlock(ana)).toMatchObject({ code: 0 });
    expect(await credential(ana, 'password')).toMatchObject({ failures: 0, locked: null });
    expect((await unlock('nobody')).code).toBe(1);
    await stile.again();
  });

  test("and does not lock another: ana's code still works while her password is locked", async () => {
    const person = new Person();
    const ana = someone();
    await rp.signIn(person, {}, as(ana));
    await guess(await named(ana), 10);
    const { claims } = await rp.signIn(person, { acr_values: MFA }, as(ana));
    expect(claims.amr).toEqual(['mfa', 'otp', 'pwd']);
  });
});

describe('strangers never lock the owner out', () => {
  test('of a browser she signed in with before, while every other browser stays shut', async () => {
    const home = new Person();
    const ana = someone();
    await rp.signIn(home, {}, as(ana));
    await guess(await named(ana), 10);
    const again = await rp.signIn(home, { prompt: 'login' }, as(ana));
    expect(again.claims.amr).toEqual(['pwd']);
    const elsewhere = await named(ana);
    expect((await elsewhere.person.submit(elsewhere.page, { password: PASSWORD })).status).toBe(429);
  });

  test('and her own browser has its own ten', async () => {
    const home = new Person();
    const ana = someone();
    await rp.signIn(home, {}, as(ana));
    const page = await home.submit(await at(home, { prompt: 'login' }), { username: ana });
    const pages = await guess({ person: home, page }, 11);
    expect(pages.at(-1)?.status).toBe(429);
    expect(await credential(ana, 'password')).toMatchObject({ failures: 0 });
  });

  test('whoever knows only the password gets ten codes to guess, not ten for every browser he comes with', async () => {
    const ana = someone();
    const met: number[] = [];
    for (let browser = 0; browser < 3; browser++) {
      const thief = new Person();
      await rp.signIn(thief, {}, as(ana));
      const page = await at(thief, { acr_values: MFA });
      expect(step(page)).toBe('prove:totp');
      met.push(...(await guess({ person: thief, page }, 5, 'code')).map(({ status }) => status));
    }
    expect(await credential(ana, 'totp')).toMatchObject({ failures: 10 });
    expect(met).toEqual([...Array(9).fill(200), ...Array(6).fill(429)]);
  });

  test("but her own phone's codes go on working where she used them before", async () => {
    const home = new Person();
    const ana = someone();
    await rp.signIn(home, { acr_values: MFA }, as(ana));
    const thief = new Person();
    await rp.signIn(thief, {}, as(ana));
    await guess({ person: thief, page: await at(thief, { acr_values: MFA }) }, 10, 'code');
    const page = await as(ana, { until: (one) => step(one) === 'prove:totp' })(
      home,
      await at(home, { prompt: 'login', acr_values: MFA }),
    );
    expect(arrived(await home.submit(page, { code: freshCode(secretOf(ana)) }))).toBe(true);
  });
});

describe('an address that fails often', () => {
  let slow: Stile;
  let slowRp: RelyingParty;
  beforeAll(async () => {
    const limits = { address_failures: 6 };
    slow = await startStile({ config: settings({ limits, proxies: ['127.0.0.1', '::1'] }) });
    slowRp = await RelyingParty.at(slow);
  });
  afterAll(() => slow.stop());

  const from = (address: string, like?: Person) =>
    new Person({ ...(like ? { like } : {}), headers: { 'x-forwarded-for': address, 'accept-language': 'en' } });
  const at = async (person: Person, username: string, params: Record<string, string> = {}) => ({
    person,
    page: await person.submit(await person.go((await slowRp.request(params)).url), { username }),
  });
  const timed = async <T>(run: () => Promise<T>) => {
    const started = performance.now();
    const result = await run();
    return { result, took: performance.now() - started };
  };

  test('waits for its wrong answers, whatever name it tries; a right one, a known browser and other addresses do not', async () => {
    const ana = newcomer();
    const home = from('192.0.2.7');
    await slowRp.signIn(home, {}, as(ana));
    for (let i = 0; i < 7; i++) await guess(await at(from('192.0.2.7'), `nobody-${i}`), 1);
    const stranger = await at(from('192.0.2.7'), 'nobody-at-all');
    expect((await timed(() => guess(stranger, 1))).took).toBeGreaterThan(450);
    const right = await at(from('192.0.2.7'), newcomer());
    expect((await timed(() => right.person.submit(right.page, { password: PASSWORD }))).took).toBeLessThan(400);
    const own = await at(from('192.0.2.7', home), ana, { prompt: 'login' });
    expect((await timed(() => guess(own, 1))).took).toBeLessThan(400);
    const other = await at(from('192.0.2.8'), 'nobody-else');
    expect((await timed(() => guess(other, 1))).took).toBeLessThan(400);
  });
});

/** `stile unlock`, by whoever administers this server. */
function unlock(username: string, ...more: string[]): Promise<{ code: number | null; output: string }> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, ['bin/stile.mjs', 'unlock', username, ...more], {
    env: {
      PATH,
      STILE_CONFIG: join(stile.dataDir, 'stile.yaml'),
      DATA_DIR: join(stile.dataDir, 'data'),
      DATABASE_URL: stile.databaseUrl as string,
      STILE_SECRET: TEST_SECRET,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => child.once('exit', (code) => resolve({ code, output })));
}
