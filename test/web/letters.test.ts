import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageKind } from '../../src/domain/message.ts';
import { letters } from '../../src/web/letters.ts';
import { words } from '../../src/web/words.ts';

const root = join(import.meta.dirname, '../..');
const known = words(join(root, 'locales'), false);
const place = {
  ...{ walk: '7Q', application: 'Wiki <b>', address: '192.0.2.7', languages: [] },
  agent:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
};
const write = letters({
  ...{ words: known, dir: join(root, 'views'), brand: { name: 'Northfold', accent: '#6b2fb3' } },
  ...{ issuer: 'https://id.northfold.example', language: 'de', now: () => Date.UTC(2026, 4, 14, 9, 47) },
});

const link = 'https://id.northfold.example/signin/7Q?a=1&b=2';
const hours = 3_600_000;
const data: Readonly<Record<MessageKind, Record<string, unknown>>> = {
  'email-code': { code: '123456', minutes: 10, application: 'Wiki <b>', place },
  'mailed-link': { link, minutes: 15, application: 'Wiki <b>', place },
  'registration-link': { link, minutes: 15, by: 'tom' },
  'method-added': { method: 'totp', label: 'Pixel 9 <b>', place },
  'method-removed': { method: 'totp', label: 'Pixel 9 <b>', place },
  'method-lost': { method: 'totp', label: 'Pixel 9 <b>', place },
  'password-changed': { place },
  'recovery-code-used': { left: 7, place },
  'access-pass-issued': { by: 'tom', startsAt: 1, endsAt: 8 * hours, oneTime: true, firstFactor: false },
  'two-step-changed': { on: true, place },
  test: {},
};
const kinds = Object.keys(data) as MessageKind[];
const english = Object.keys(JSON.parse(readFileSync(join(root, 'locales/en.json'), 'utf8')).mail);

test('every message has words', () => {
  expect(english.filter((key) => kinds.includes(key as MessageKind)).sort()).toEqual([...kinds].sort());
});

describe.each(known.languages.map(({ tag, dir }) => ({ tag, dir })))('in $tag', ({ tag, dir }) => {
  test.each(kinds)('%s says what and where, in whole sentences, and fetches nothing', (kind) => {
    const { subject, text, html, language } = write({ kind, to: '', languages: [tag], data: data[kind] });
    expect(language).toBe(tag);
    expect(html).toContain(`<html lang="${tag}" dir="${dir}">`);
    for (const part of [subject, text, html]) expect(part).not.toMatch(/\{\w+\}|⟦|undefined|NaN|\bmail\.\w|\[object/);
    expect(html).not.toContain('<b>');
    expect(html).not.toMatch(/<(script|img|link|iframe|form|input)\b|\bsrc=|url\(|@import|\bon\w+=/i);
    const wanted = [
      ...(data[kind].place ? ['192.0.2.7', 'Chrome'] : []),
      ...(kind === 'email-code' ? ['123 456'] : []),
    ];
    for (const said of wanted) {
      expect(text).toContain(said);
      expect(html).toContain(said);
    }
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, to]) => to?.replaceAll('&amp;', '&'));
    const own =
      'link' in data[kind]
        ? [link]
        : data[kind].place && kind !== 'email-code'
          ? ['https://id.northfold.example/account/methods']
          : [];
    expect(links).toEqual(own);
    for (const one of own) expect(text).toContain(one);
  });
});

test.each([
  [['fr', 'de'], 'fr'],
  [['xx', 'pt-BR'], 'pt'],
  [['xx'], 'de'],
  [[], 'de'],
])('who reads %j is written to in %s', (languages, language) => {
  expect(write({ kind: 'test', to: '', languages, data: {} }).language).toBe(language);
});

test.each([
  ['two-step-changed', { on: false }, /Two-step sign-in is off/],
  ['access-pass-issued', { oneTime: false }, /until it ends/],
  ['recovery-code-used', { left: 1 }, /1 left/],
  ['recovery-code-used', { left: 0 }, /your last one/],
  ['email-code', { minutes: 1, code: '12345678' }, /1 minute\.[\s\S]*1234 5678/],
] as const)('%s with %j says so', (kind, more, said) => {
  expect(write({ kind, to: '', languages: ['en'], data: more }).text).toMatch(said);
});

test('what is not known is left out, and a message about nothing is still one', () => {
  for (const kind of kinds) {
    const { text, html } = write({ kind, to: '', languages: ['en'], data: {} });
    expect(`${text}${html}`).not.toMatch(/undefined|NaN|: \n|Unknown/);
  }
});

test('the organisation is named, and its colour is what one presses', () => {
  const { html, text } = write({ kind: 'password-changed', to: '', languages: ['en'], data: { place } });
  expect(html).toContain('background: #6b2fb3; color: #ffffff');
  expect(html).toContain('<bdi>Northfold</bdi>');
  expect(text).toContain('Sent by Northfold');
});
