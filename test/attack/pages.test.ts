import { type Page, Person } from '../support/person.ts';
import { as, MFA, PASSWORD, RelyingParty, secretOf, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { applications, form, raw, rows } from './attacker.ts';

const EVIL = `"><img src=x onerror=alert(1)>'<script>alert(2)</script>{{7*7}}<%= 7*7 %>`;
const evil = {
  id: 'evil',
  name: EVIL,
  third_party: true,
  oidc: { client_id: 'evil', client_secret: 'the secret of nobody good', redirect_uris: ['https://rp.example/evil'] },
};
const eve = {
  username: `eve${EVIL}`,
  name: EVIL,
  email: 'eve@northfold.example',
  groups: [EVIL],
  claims: { department: EVIL },
  password: PASSWORD,
  methods: { totp: { secret: secretOf('eve'), label: `"><img src=x>` } },
};
const club = {
  id: 'club',
  name: 'Club',
  groups: ['Members'],
  oidc: {
    client_id: 'club',
    client_secret: 'the secret of the club',
    redirect_uris: ['https://rp.example/club'],
    grant_types: ['authorization_code', 'refresh_token'],
  },
};
const joe = (groups: string[]) => ({ username: 'joe', password: PASSWORD, groups });
const config = (groups: string[]) =>
  settings({ applications: [...applications, evil, club], users: [eve, joe(groups)] });

let stile: Stile;
beforeAll(async () => {
  stile = await startStile({ config: config(['Members']) });
});
afterAll(() => stile.stop());

const harmless = (page: Pick<Page, 'html' | 'url'>) => {
  expect(page.html).not.toMatch(/<img|<script>|alert\(2\)<|7\*7\}\}<\/script|>49</);
  expect(page.html).not.toMatch(/="[^"]*"><img/);
};

describe('what others wrote stays text', () => {
  test('on every page: names of applications and people, what was typed, hints, parameters', async () => {
    const party = await RelyingParty.at(stile, {
      id: 'evil',
      secret: 'the secret of nobody good',
      redirectUri: 'https://rp.example/evil',
    });
    const person = new Person({ headers: { 'accept-language': 'en', 'user-agent': EVIL } });
    const seen: string[] = [];
    const { url } = await party.request({
      acr_values: MFA,
      login_hint: EVIL,
      scope: 'openid profile',
      ui_locales: EVIL,
      state: EVIL,
      claims: JSON.stringify({ userinfo: { [EVIL]: null } }),
    });
    let page = await person.go(url);
    harmless(page);
    page = await person.submit(page, { username: EVIL });
    harmless(page);
    page = await person.go(page.url, form({ ...page.form?.fields, do: 'identify' }));
    page = await as(eve.username, {
      secret: secretOf('eve'),
      until: (one) => {
        seen.push(one.form?.fields.step ?? '');
        harmless(one);
        return one.form?.fields.step === 'consent';
      },
    })(person, page);
    expect(seen).toContain('consent');
    await person.submit(page);
    for (const path of [
      '',
      '/methods',
      '/signins',
      '/applications',
      '/password',
      `?said=${encodeURIComponent(EVIL)}`,
      `?${EVIL.replaceAll(' ', '+')}`,
    ])
      harmless(await person.go(`${stile.issuer}/account${path}`));
    for (const path of [
      `/auth?client_id=${encodeURIComponent(EVIL)}`,
      `/auth?client_id=evil&redirect_uri=${encodeURIComponent(EVIL)}`,
      `/auth?client_id=evil&redirect_uri=https://rp.example/evil&response_type=${encodeURIComponent(EVIL)}&response_mode=form_post&state=${encodeURIComponent(EVIL)}`,
      `/session/end?client_id=evil&state=${encodeURIComponent(EVIL)}`,
      `/${encodeURIComponent(EVIL)}?lang=${encodeURIComponent(EVIL)}`,
    ]) {
      const shown = await raw(stile.issuer, path, { headers: { accept: 'text/html' } });
      expect([path, /<img|<script>alert/.test(shown.body)]).toEqual([path, false]);
    }
  });
});

describe('who somebody is', () => {
  test('is not told to whoever knows the `sub` alone: the page names nobody, and only she is let through', async () => {
    const rp = await RelyingParty.at(stile);
    const ana = someone();
    const { claims } = await rp.signIn(new Person(), {}, as(ana));
    const stranger = new Person();
    const page = await stranger.go(
      (await rp.request({ claims: JSON.stringify({ id_token: { sub: { value: claims.sub } } }) })).url,
    );
    expect(page.form?.fields.step).toBe('identify');
    expect(page.html).not.toContain(ana);
    const end = await as(someone())(stranger, page);
    expect(end.url.searchParams.get('error')).toBe('login_required');
  });
});

describe('an application for members', () => {
  test('closes its tokens to joe when he leaves the group, refresh and userinfo included', async () => {
    const party = await RelyingParty.at(stile, {
      id: 'club',
      secret: 'the secret of the club',
      redirectUri: 'https://rp.example/club',
    });
    const { tokens } = await party.signIn(new Person(), { scope: 'openid offline_access' }, as('joe'));
    const userinfo = () => fetch(`${stile.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect((await userinfo()).status).toBe(200);
    await stile.halt();
    await stile.again({ config: config([]) });
    expect((await userinfo()).status).toBe(401);
    const sent = form({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
      client_id: 'club',
      client_secret: 'the secret of the club',
    });
    const refused = await raw(stile.issuer, '/token', sent);
    expect([refused.status, JSON.parse(refused.body).error]).toEqual([400, 'invalid_grant']);
    expect(
      await rows(stile.databaseUrl, "select 1 from users where username = 'joe' and disabled_at is null"),
    ).toHaveLength(1);
  });
});
