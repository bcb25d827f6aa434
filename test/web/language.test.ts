import { acceptedLanguages, bestLanguage, pageLanguage } from '../../src/web/language.ts';
import { exchange } from './exchange.ts';

const available = ['de', 'en'];
const now = 1_760_000_000_000;

function language(headers: Record<string, string>, asked: string[] = [], url = '/') {
  const { res, cookies } = exchange(headers, url);
  return { tag: pageLanguage(res, { asked, available, secure: false, now }), cookies: cookies() };
}

test('reads Accept-Language by weight and leaves junk out', () => {
  expect(acceptedLanguages('fr;q=0.5, de-AT, en;q=0, *;q=0.1, <x>')).toEqual(['de-AT', 'fr']);
  expect(acceptedLanguages(undefined)).toEqual([]);
});

test('answers de-AT with de, and English when nothing is there', () => {
  expect(bestLanguage(['de-AT'], available)).toBe('de');
  expect(bestLanguage(['DE'], available)).toBe('de');
  expect(bestLanguage(['fr', 'it-CH'], available)).toBe('en');
});

test('answers Chinese by its script: zh-CN and zh-SG with zh-Hans, zh-TW with what comes next', () => {
  const chinese = [...available, 'zh-Hans'];
  expect(bestLanguage(['zh-CN'], chinese)).toBe('zh-Hans');
  expect(bestLanguage(['zh-SG', 'de'], chinese)).toBe('zh-Hans');
  expect(bestLanguage(['zh'], chinese)).toBe('zh-Hans');
  expect(bestLanguage(['zh-TW', 'de'], chinese)).toBe('de');
  expect(bestLanguage(['x', 'a-b-c-d', 'de'], chinese)).toBe('de');
});

describe('the language of a page', () => {
  test('is first what the application asked for', () => {
    expect(language({ cookie: 'stile_lang=en', 'accept-language': 'en' }, ['fr', 'de']).tag).toBe('de');
  });
  test('then what the person once chose', () => {
    expect(language({ cookie: 'stile_lang=de', 'accept-language': 'en' }).tag).toBe('de');
  });
  test('then what the browser prefers', () => {
    expect(language({ 'accept-language': 'fr, de;q=0.8' }).tag).toBe('de');
  });
  test('then English', () => {
    expect(language({}).tag).toBe('en');
  });
  test('is at once, and for a year, what was pressed in the footer', () => {
    const { tag, cookies } = language({}, ['en'], '/signin/7Q?lang=de');
    expect(tag).toBe('de');
    expect(cookies).toEqual([expect.stringMatching(/^stile_lang=de\.1760000000; .*Max-Age=31536000$/)]);
  });
  test('stays what was pressed within the hour, though the application asked for another', () => {
    expect(language({ cookie: `stile_lang=de.${now / 1000 - 60}` }, ['en']).tag).toBe('de');
    expect(language({ cookie: `stile_lang=de.${now / 1000 - 7200}` }, ['en']).tag).toBe('en');
  });
  test.each(['xx', '../../etc', '', 'de%0d%0aSet-Cookie'])('never becomes or keeps %s', (pressed) => {
    expect(language({}, [], `/?lang=${pressed}`)).toEqual({ tag: 'en', cookies: [] });
  });
});
