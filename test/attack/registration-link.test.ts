/** A registration link is the person for fifteen minutes: what somebody can do who guesses, replays, races or plants. */
import { join } from 'node:path';
import { textOf } from '../../src/admin/api/request.ts';
import { askThrough } from '../../src/admin/socket.ts';
import { Person } from '../support/person.ts';
import { as, codeNow, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { raw, rows } from './attacker.ts';

const password = 'grey herons over the harbour';
let stile: Stile;
beforeAll(async () => {
  stile = await startStile({ config: settings() });
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

async function local(path: string, body: object = {}) {
  const text = JSON.stringify(body);
  const answer = await askThrough(join(stile.dataDir, 'data', 'stile.sock'), {
    ...{ method: 'POST', path: `/admin/api/v1${path}`, query: new URLSearchParams(), body: text },
    headers: { 'content-type': 'application/json', 'content-length': String(text.length) },
  });
  return JSON.parse(await textOf(answer!)) as Record<string, string>;
}
/** Somebody new, and a link for them. */
async function invited(username: string): Promise<string> {
  await local('/users', { username });
  return (await local(`/users/local:${username}/registration-link`)).link as string;
}
const secret = (html: string) =>
  /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(html)?.[1]?.replaceAll(' ', '') as string;

test('of twenty browsers that finish one link at once one is in, and one authenticator app is there', async () => {
  const link = await invited('tom');
  const people = Array.from({ length: 20 }, () => new Person());
  const pages = await Promise.all(people.map((person) => person.go(link)));
  expect(new Set(pages.map(({ html }) => secret(html))).size).toBe(1);
  const code = codeNow(secret(pages[0]?.html ?? ''));
  const ends = await Promise.all(people.map((person, i) => person.submit(pages[i]!, { password, code })));
  expect(ends.filter(({ url }) => url.pathname === '/account')).toHaveLength(1);
  const kept = await rows<{ method: string }>(
    stile.databaseUrl,
    `select c.method from credentials c join users u on u.id = c.user_id where u.username = 'tom' order by 1`,
  );
  expect(kept.map(({ method }) => method)).toEqual(['password', 'totp']);
  expect((await people[0]!.go(link)).heading).toBe('This link no longer works');
});

test("a session somebody planted in the browser before shows him nothing of who finishes, and neither does another's form", async () => {
  const link = await invited('ines');
  const attacker = new Person();
  const rp = await RelyingParty.at(stile);
  await rp.signIn(attacker, {}, as(someone()));
  const victim = new Person({ like: attacker });
  const [page, seen] = [await victim.go(link), await attacker.go(link)];
  // His form, with the token that his browser was given, is worth nothing from a third one.
  const stranger = new Person();
  await stranger.go(`${stile.issuer}/device`);
  const forged = await stranger.submit(seen, { password, code: codeNow(secret(seen.html)) });
  expect([forged.status, forged.url.pathname]).toEqual([403, '/registration']);
  const end = await victim.submit(page, { password, code: codeNow(secret(page.html)) });
  expect([end.url.pathname, end.html.includes('ines')]).toEqual(['/account', true]);
  const after = await attacker.go(`${stile.issuer}/account`);
  expect([after.url.pathname === '/account', after.html.includes('ines')]).toEqual([false, false]);
});

test('is made for our address whatever a request calls us, and what is near it is none', async () => {
  const link = new URL(await invited('nora'));
  expect(link.origin).toBe(stile.issuer);
  const token = link.searchParams.get('token') as string;
  const other = token.endsWith('A') ? 'B' : 'A';
  for (const near of [
    `${token.slice(0, -1)}`,
    `${token}A`,
    ` ${token}`,
    other + token.slice(1),
    `${token}&token=${token}`,
  ]) {
    const answer = await raw(stile.issuer, `/registration?token=${near.replace(' ', '%20')}`);
    expect([near, answer.status]).toEqual([near, 404]);
  }
  const forged = await raw(stile.issuer, `/registration?token=${token}`, { headers: { host: 'evil.example' } });
  expect([forged.status, forged.body.includes('evil.example')]).toEqual([200, false]);
});
