/**
 * Pages from views/*.ejs: language, shell, headers. Everything printed is escaped unless it is Html; a view sets
 * `page.title` (and `page.shell`, `page.error`) and is then put into its shell. Knows nothing of what a page is about.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { agent } from './agent.ts';
import { readCookies } from './cookies.ts';
import { pageHeaders } from './headers.ts';
import { escaped, Html } from './html.ts';
import { pageLanguage } from './language.ts';
import { templates } from './templates.ts';
import { clock, type TimeForm, zoneOf } from './time.ts';
import { type Language, type Parts, type Words, words } from './words.ts';

export interface Page {
  /** 200 when absent. */
  readonly status?: number;
  /** A file below views/, without its ending: `signin/identify`. */
  readonly view: string;
  readonly data?: Readonly<Record<string, unknown>>;
  /** What the application asked for (Ask.languages), best first. */
  readonly languages?: readonly string[];
  /** Where this page's forms may lead besides us (headers.ts). */
  readonly formAction?: readonly string[];
}

export interface Views {
  /** Sends the page. */
  render(res: ServerResponse, page: Page): void;
  /** Sets status and headers and gives back the document, for those who send it themselves (Koa). */
  write(res: ServerResponse, page: Page): string;
  /** Sends a view as a text file to be kept, called `name`; the view escapes nothing (`<%- %>`). */
  file(res: ServerResponse, page: Page, name: string): void;
  readonly words: Words;
}

export interface ViewsOptions {
  /** `help` and `privacy` are addresses of the organisation's own, linked from the foot of every sign-in page. */
  readonly brand: {
    readonly name: string;
    readonly logo?: string | undefined;
    readonly help?: string | undefined;
    readonly privacy?: string | undefined;
  };
  /** The folders views/ and locales/. */
  readonly dir: string;
  readonly locales: string;
  /** Files are read again for every page, and a missing word is an error. */
  readonly dev?: boolean;
  /** The issuer is https. */
  readonly secure: boolean;
  /** The address of a file in public/ (assets.ts). */
  asset(name: string): string;
  now?(): number;
}

export function views(options: ViewsOptions): Views {
  const { dev = false, secure, now = Date.now } = options;
  const known = words(options.locales, dev);
  const filled = templates(options.dir, dev);
  const spoken = (res: ServerResponse, page: Page) => {
    const available = known.languages.map(({ tag }) => tag);
    const tag = pageLanguage(res, { asked: page.languages ?? [], available, secure, now: now() });
    const language = known.languages.find((one) => one.tag === tag)!;
    const shared = {
      ...speech(known, language, { zone: zoneIn(res.req), now: now() }, options.brand.name),
      csrf: '',
      lang: tag,
      dir: language.dir,
      brand: options.brand,
      asset: options.asset,
      here: addressOf(res.req),
      languages: footer(res.req, known.languages, tag),
    };
    const heading: Record<string, unknown> = { shell: 'gate' };
    res.statusCode = page.status ?? 200;
    pageHeaders(res, { secure, formAction: page.formAction ?? [] });
    res.setHeader('content-language', tag);
    return { ...shared, ...page.data, page: heading };
  };
  const write = (res: ServerResponse, page: Page) => {
    const locals = spoken(res, page);
    const body = filled(page.view, locals);
    res.setHeader('content-type', 'text/html; charset=utf-8');
    return filled(`layout/${locals.page.shell}`, { ...locals, body: new Html(body) });
  };
  return {
    words: known,
    write,
    render(res, page) {
      res.end(write(res, page));
    },
    file(res, page, name) {
      const text = filled(page.view, spoken(res, page));
      res.setHeader('content-type', 'text/plain; charset=utf-8');
      res.setHeader('content-disposition', `attachment; filename="${name}"`);
      res.end(text);
    },
  };
}

const lists = new Map<string, Intl.ListFormat>();

/** Made once a language: making one takes a tenth of rendering a page. */
function listFormat(locale: string): Intl.ListFormat {
  const format = lists.get(locale) ?? new Intl.ListFormat(locale);
  lists.set(locale, format);
  return format;
}

/** What views say things with. Each of them gives text or Html, and is printed with `<%= %>`. */
function speech(known: Words, language: Language, when: { zone: string | undefined; now: number }, stile: string) {
  /** Sentences name us as the organisation does: `{stile}`. */
  const t = (key: string, parts?: Parts) => known.say(language.tag, key, { stile, ...parts });
  const format = listFormat(language.format);
  const clocks = clock({
    locale: language.format,
    ...when,
    join: (day, time) => String(t('time.join', { day, time })),
  });
  return {
    t,
    /** A name that may be in another script, and the same in bold. */
    bdi: (text: string) => new Html(`<bdi>${escaped(text)}</bdi>`),
    bold: (text: string) => new Html(`<b><bdi>${escaped(text)}</bdi></b>`),
    time: (at: number, form: TimeForm) =>
      new Html(`<time datetime="${new Date(at).toISOString()}">${escaped(clocks.text(at, form))}</time>`),
    list: (items: readonly string[]) => format.format(items),
    /** What its owner called it; nothing where that is the method's name in some language, as of one declared or new. */
    ownLabel: (id: string, label: string) =>
      known.languages.some(
        ({ tag }) => known.has(tag, `methods.${id}.name`) && String(known.say(tag, `methods.${id}.name`)) === label,
      )
        ? ''
        : label,
    /** Whether there are words for this. */
    known: (key: string) => known.has(language.tag, key),
    /** A method by its id ("totp"), in words. */
    methodName: (id: string) => (known.has(language.tag, `methods.${id}.name`) ? t(`methods.${id}.name`) : id),
    /** Policies by name: those every Stile has in the person's language, others as their administrator named them. */
    quoted: (policies: readonly string[]) => {
      const named = (name: string) => (known.has(language.tag, `policies.${name}`) ? t(`policies.${name}`) : name);
      return format.format(policies.map((name) => String(t('why.quoted', { policy: named(name) }))));
    },
    now: when.now,
    /** Our own pages are applications too (`stile:account`), but nobody is sent "back to" them by name. */
    outside: (application?: { id?: string; name: string }) =>
      application?.id?.startsWith('stile:') ? undefined : application,
    device: (header: string) => {
      const { browser, system, phone } = agent(header);
      const key = browser && system ? 'agent.both' : browser || system ? 'agent.one' : 'agent.unknown';
      return { label: t(key, { browser, system, one: browser ?? system }), phone };
    },
  };
}

function zoneIn(req: IncomingMessage): string | undefined {
  return zoneOf(readCookies(req.headers.cookie).get('stile_zone'));
}

/** Where this page can be opened again; undefined for the answer to a form, which cannot. */
function addressOf(req: IncomingMessage): string | undefined {
  const whole = (req as { originalUrl?: string }).originalUrl ?? req.url ?? '/';
  // Not `//host` or `/\\host`, which as a link would lead away from here.
  return req.method === 'GET' && /^\/(?![/\\])/.test(whole) ? whole : undefined;
}

function footer(req: IncomingMessage, languages: readonly Language[], now: string) {
  const address = addressOf(req);
  if (address === undefined) return [];
  const [path, query] = address.split('?', 2);
  return languages
    .filter(({ tag }) => tag !== now)
    .map(({ tag, name, dir }) => {
      const to = new URLSearchParams(query);
      to.set('lang', tag);
      return { tag, name, dir, href: `${path}?${to}` };
    });
}
