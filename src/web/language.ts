/**
 * Which language a page is in: what the application asked for (`ui_locales`), then what the person once chose, then what
 * the browser prefers, then English. A choice made in the footer within the last hour comes before all of them, so that
 * nobody is thrown back into the application's language in the middle of a sign-in.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { cookieName, readCookies, setCookie } from './cookies.ts';

const year = 365 * 24 * 3600;
const hour = 3_600_000;
const tagShape = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;

/** The languages of an Accept-Language header, best first (RFC 9110 section 12.5.4); junk is left out. */
export function acceptedLanguages(header: string | undefined): string[] {
  return (header ?? '')
    .slice(0, 1024)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim());
      const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return { tag, weight: q === undefined ? 1 : Number(q) };
    })
    .filter(({ tag, weight }) => tagShape.test(tag) && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

/** What the person prefers, best first: their choice in the footer, then the browser's header. */
export function personLanguages(req: IncomingMessage, secure: boolean): string[] {
  const chosen = choiceOf(req, secure);
  return [...(chosen ? [chosen.tag] : []), ...acceptedLanguages(req.headers['accept-language'])];
}

/**
 * RFC 4647 lookup: the first wish that is there, itself or after cutting it from the end ("de-AT" is answered by "de").
 * With its script spelled out first, since "zh-CN" is read by whoever reads "zh-Hans", and "zh-TW" is not.
 */
export function bestLanguage(wishes: readonly string[], available: readonly string[]): string {
  for (const wish of wishes) {
    for (const whole of [wish, withScript(wish)]) {
      for (let tag = whole.toLowerCase(); tag; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
        const found = available.find((language) => language.toLowerCase() === tag);
        if (found) return found;
      }
    }
  }
  return available.includes('en') ? 'en' : (available[0] ?? 'en');
}

/** "zh-CN" as "zh-Hans-CN" (RFC 6067's likely subtags); nothing for a tag nobody has defined. */
function withScript(tag: string): string {
  try {
    return new Intl.Locale(tag).maximize().toString();
  } catch {
    return '';
  }
}

/** The language of one page. `?lang=de`, the footer's link, is the person's choice: it is kept for a year. */
export function pageLanguage(
  res: ServerResponse,
  page: { asked: readonly string[]; available: readonly string[]; secure: boolean; now: number },
): string {
  const { req } = res;
  const pressed = new URLSearchParams(req.url?.split('?')[1]).get('lang');
  if (pressed && page.available.includes(pressed)) {
    const value = `${pressed}.${Math.trunc(page.now / 1000)}`;
    setCookie(res, 'stile_lang', value, { secure: page.secure, seconds: year });
    return pressed;
  }
  const chosen = choiceOf(req, page.secure);
  const fresh = chosen && chosen.at > page.now - hour ? [chosen.tag] : [];
  return bestLanguage([...fresh, ...page.asked, ...personLanguages(req, page.secure)], page.available);
}

/** The cookie is `de` or `de.1760000000`: the language and, in seconds, when it was chosen. */
function choiceOf(req: IncomingMessage, secure: boolean): { tag: string; at: number } | undefined {
  const value = readCookies(req.headers.cookie).get(cookieName('stile_lang', secure));
  const [tag = '', at = '0'] = value?.split('.') ?? [];
  return tagShape.test(tag) ? { tag, at: Number(at) * 1000 } : undefined;
}
