import { exchange } from './exchange.ts';
import { type Sample, samples, strictViews } from './pages.ts';

function page({ view, data }: Pick<Sample, 'view' | 'data'>, headers: Record<string, string> = {}, url = '/signin/7Q') {
  const { res } = exchange(headers, url);
  return { html: strictViews.write(res, { view, data }), res };
}

const named = (name: string) => samples.find((one) => one.name === name)!;

describe.each(['en', 'de'])('in %s', (tag) => {
  test.each(samples)('$name has its words, one heading, one title and one primary button at most', (sample) => {
    const { html } = page(sample, { 'accept-language': tag });
    expect(html).toContain(`<html lang="${tag}" dir="ltr">`);
    expect(html.match(/<h1>./g)).toHaveLength(1);
    expect(html).toMatch(/<title>[^<]+ – Stile<\/title>/);
    expect((html.match(/class="btn main/g) ?? []).length).toBeLessThanOrEqual(1);
    expect(html).not.toMatch(/undefined|\[object|⟦| style=| on\w+="|\{\w+\}/);
  });
});

const forms = samples.filter(
  ({ view }) => /^(signin|methods)\//.test(view) && !/expired|signed-out|link-(elsewhere|over)/.test(view),
);

test.each(forms)(
  '$name: the primary button is the first of the first POST form, so that Enter presses it',
  (sample) => {
    const { html } = page(sample);
    const first = html.slice(html.indexOf('<form'), html.indexOf('</form>'));
    expect(first).toMatch(/^<form class="stack" method="post" action="\//);
    const submits = (first.match(/<button[^>]*>/g) ?? []).filter((button) => !button.includes('type="button"'));
    expect(submits[0]).toMatch(/choose|anew/.test(sample.view) ? /name="method"/ : /class="btn main wide"/);
    if (sample.data.csrf) expect(first).toContain('<input type="hidden" name="csrf" value="c">');
  },
);

test.each([
  ['identify', 'autocomplete="username webauthn"'],
  ['password', 'autocomplete="current-password"'],
  ['password', 'autocomplete="username" value="ana.silva@northfold.example"'],
  ['code', 'autocomplete="one-time-code"'],
  ['account password', 'autocomplete="new-password"'],
])('%s carries %s', (name, token) => {
  expect(page(named(name)).html).toContain(token);
});

test('after an error the title says so first and the field is tied to the words', () => {
  const { html } = page(named('code, wrong'));
  expect(html).toContain('<title>Error: Enter the code from your app – Stile</title>');
  expect(html).toContain('aria-invalid="true" aria-describedby="code-wrong"');
});

test('names the application, the reason and the policy to whoever is signed in and asked for more', () => {
  const { html } = page(named('code, why policy'));
  expect(html).toContain('<h1><bdi>Wiki</bdi> asks you to confirm it is you</h1>');
  expect(html).toContain('You are already signed in with a password. A policy asks for a further proof');
  expect(html).toContain('Asked by the policy ‘Payroll needs a second factor’.');
});

test('sends nobody "back to Your account"', () => {
  expect(page(named('code for the account')).html).not.toContain('Your account');
});

test('escapes whatever a person or an application is called, wherever it stands', () => {
  const evil = '<script>alert(1)</script>{application}$t(act.cancel)"\'';
  for (const sample of samples) {
    const data = { ...sample.data, username: evil, who: evil, host: evil, label: evil };
    const named = 'application' in data ? { ...data, application: { id: 'x', name: evil } } : data;
    const { html } = page({ view: sample.view, data: { ...named, user: { name: evil, username: evil, email: evil } } });
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('$t(act.cancel)"');
  }
  const { html } = page({ ...named('identify'), data: { action: '/', application: { name: evil } } });
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;{application}$t(act.cancel)&#34;&#39;');
});

test('the footer offers every other language under the same address', () => {
  const { html } = page(named('identify'), {}, '/session/end?client_id=wiki&lang=en');
  expect(html).toContain(
    '<a href="/session/end?client_id=wiki&amp;lang=de" lang="de" dir="ltr" hreflang="de">Deutsch</a>',
  );
  expect(html).toContain('lang="ar" dir="rtl" hreflang="ar">العربية</a>');
  expect(html).not.toContain('hreflang="en"');
});

test('the footer offers none for the answer to a form, which has no address to come back to', () => {
  const { res } = exchange({}, '/signin/7Q', 'POST');
  expect(strictViews.write(res, named('identify'))).not.toContain('<footer');
});

test('an address that begins with two slashes never becomes a link to elsewhere', () => {
  expect(page(named('error: fault'), {}, '//evil.example/').html).not.toContain('evil.example');
});

test('the browser zone of the cookie is the zone of the times', () => {
  const { html } = page(named('locked'), { cookie: 'stile_zone=Europe/Berlin' });
  expect(html).toContain('<time datetime="2026-05-14T09:52:00.000Z">11:52</time>');
  expect(html).toContain('Wait 5 minutes, then try again');
  expect(page(named('locked for a minute, alone')).html).toContain('Wait 1 minute, then');
});

test('sends status, language and the headers of every page', () => {
  const { res } = exchange();
  strictViews.write(res, { ...named('locked'), status: 429, formAction: ['https://wiki.example/cb'] });
  expect(res.statusCode).toBe(429);
  expect(res.getHeaders()).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-language': 'en',
    'cache-control': 'no-store',
    'content-security-policy': expect.stringContaining("form-action 'self' https://wiki.example;"),
  });
});
