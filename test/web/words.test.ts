import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Html } from '../../src/web/html.ts';
import { words } from '../../src/web/words.ts';

const root = join(import.meta.dirname, '../..');

function sentences(file: string): Map<string, string> {
  const flat = (value: unknown, path: string[]): [string, string][] =>
    typeof value === 'string'
      ? [[path.join('.'), value]]
      : Object.entries(value as object).flatMap(([key, inner]) => flat(inner, [...path, key]));
  return new Map(flat(JSON.parse(readFileSync(join(root, 'locales', file), 'utf8')), []));
}

const files = readdirSync(join(root, 'locales'));
const english = sentences('en.json');
const partsOf = (sentence = '') => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

const plural = /_(zero|one|two|few|many|other)$/;
const inEnglish = (key: string) => english.get(key) ?? english.get(key.replace(plural, '_other'));

/** The keys a language must have: those of English, and for each plural the forms of its own grammar. */
function keysOf(tag: string): string[] {
  const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
  const all = [...english.keys()].flatMap((key) =>
    plural.test(key) ? forms.map((form) => key.replace(plural, `_${form}`)) : [key],
  );
  return [...new Set(all)].sort();
}

test('there are eleven languages', () => {
  const tags = files.map((file) => file.replace('.json', ''));
  expect(tags.sort()).toEqual(['ar', 'de', 'en', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'zh-Hans']);
});

test.each(files)('%s has every sentence of English, no other, and the same named parts', (file) => {
  const own = sentences(file);
  expect([...own.keys()].sort()).toEqual(keysOf(file.replace('.json', '')));
  const differing = [...own].filter(([key, text]) => String(partsOf(text)) !== String(partsOf(inEnglish(key))));
  expect(differing).toEqual([]);
});

test.each(files)('%s leaves no sentence empty, none in English, and no markup in any', (file) => {
  const own = sentences(file);
  const long = ([, text]: [string, string]) => text.split(' ').length > 4;
  const same = [...own].filter((entry) => file !== 'en.json' && long(entry) && entry[1] === english.get(entry[0]));
  expect(same).toEqual([]);
  expect([...own].filter(([, text]) => text.trim() === '' || /[<>]/.test(text))).toEqual([]);
});

function templates(): { file: string; text: string }[] {
  return readdirSync(join(root, 'views'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ejs') && !file.includes('demo'))
    .map((file) => ({ file, text: readFileSync(join(root, 'views', file), 'utf8') }));
}

const uses = templates().flatMap(({ file, text }) =>
  [...text.matchAll(/\bt\(\s*'([\w.-]+)'(\s*\+)?/g)].map(([, key = '', open]) => ({ file, key, open: Boolean(open) })),
);

test('every key written in a view is in the files', () => {
  const plain = new Set([...english.keys()].map((key) => key.replace(/_(one|other)$/, '')));
  const missing = uses.filter(({ key, open }) =>
    open ? ![...plain].some((known) => known.startsWith(key)) : !plain.has(key),
  );
  expect(uses.length).toBeGreaterThan(100);
  expect(missing).toEqual([]);
});

test('no view has a word of its own', () => {
  for (const { file, text } of templates()) {
    const outside = text
      .replace(/<%[\s\S]*?%>/g, '')
      .replace(/<[^>]*>/g, '')
      .replace(/[–\s.]/g, '');
    expect({ file, outside }).toEqual({ file, outside: '' });
  }
});

const forbidden =
  /\b(log ?in|2fa|otp|tokens?|invalid|fail(ed|s|ure)?|unauthori[sz]ed|expired|please|sorry|simply|just|oops|we|wrong code)\b|!/i;
const verboten =
  /\b(log ?in|einloggen|2fa|otp|token|ungültig\w*|fehlgeschlagen|bitte|leider|entschuldigung|einfach|wir)\b|!/i;

test.each([...english])('the English of %s keeps to the words of the house', (_key, text) => {
  expect(text).not.toMatch(forbidden);
});

test.each([...sentences('de.json')])('the German of %s keeps to the words of the house and says Sie', (_key, text) => {
  expect(text).not.toMatch(verboten);
  expect(text).not.toMatch(/\b(du|dein\w*|dir|dich)\b/i);
});

describe('saying a sentence', () => {
  const known = words(join(root, 'locales'), true);
  test('chooses the plural of the language', () => {
    expect(known.say('de', 'locked.title', { count: 1 })).toContain('1 Minute ');
    expect(known.say('de', 'locked.title', { count: 2 })).toContain('2 Minuten');
  });
  test('leaves braces and calls in a name alone', () => {
    expect(known.say('en', 'act.backTo', { application: '{application} $t(act.cancel) ⟦application⟧' })).toBe(
      'Go back to {application} $t(act.cancel) ⟦application⟧',
    );
  });
  test('escapes the sentence and its text around a part that is markup', () => {
    const said = known.say('en', 'account.overview.here', { when: new Html('<b>now</b>'), address: '<i>' });
    expect(String(said)).toBe('This browser, since <b>now</b>, from &lt;i&gt;');
    expect(said).toBeInstanceOf(Html);
  });
  test('a key without words is an error while developing', () => {
    expect(() => known.say('en', 'no.such.key')).toThrow('no words for no.such.key in en');
  });
});
