/**
 * A person with a browser that runs no script: keeps cookies, follows redirects, fills in the first POST form of a page
 * and presses its first button, as Enter does. What a relying party's own address answers is never fetched.
 */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
  /** The page's one heading, without markup. */
  readonly heading: string;
  readonly form: Form | undefined;
  /** The form of a page that carries an answer to an application by itself: it is not pressed, the answer is read from it. */
  readonly delivery?: Form;
}

export interface Form {
  readonly action: URL;
  /** Every field with its value, hidden ones included; without the button's. */
  readonly fields: Record<string, string>;
  /** Buttons that send the form, in their order: the first is what Enter presses. */
  readonly buttons: readonly { name: string | undefined; value: string; words: string }[];
}

export class Person {
  /** By name; those of one path only by the path, a space and the name. */
  readonly cookies: Map<string, string>;
  readonly headers: Record<string, string>;
  /** Where the browser must not go: a redirect there ends the journey, as the answer of the relying party. */
  readonly away: readonly string[];

  constructor(options: { away?: readonly string[]; headers?: Record<string, string>; like?: Person } = {}) {
    this.away = options.away ?? options.like?.away ?? ['https://rp.example', 'https://sp.example'];
    this.headers = options.headers ?? { 'accept-language': 'en', 'user-agent': 'HtmlUnit' };
    this.cookies = new Map(options.like?.cookies);
  }

  async fetch(url: URL | string, init: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(url);
    const cookie = [...this.cookies]
      .filter(([name]) => !name.startsWith('/') || pathname.startsWith(name.slice(0, name.indexOf(' '))))
      .map(([name, value]) => `${name.slice(name.indexOf(' ') + 1)}=${value}`)
      .join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      ...init,
      headers: { ...this.headers, ...(cookie ? { cookie } : {}), ...(init.headers as Record<string, string>) },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';');
      const at = pair.indexOf('=');
      const gone =
        attributes.some((one) => /^\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(one)) || at === pair.length - 1;
      const path = attributes.find((one) => /^\s*path=\/./i.test(one))?.split('=')[1];
      const name = (path && path !== '/' ? `${path} ` : '') + pair.slice(0, at);
      if (gone) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(at + 1));
    }
    return response;
  }

  /** Goes to an address and on through every redirect, to a page or to a relying party's address. */
  async go(to: URL | string, init?: RequestInit): Promise<Page> {
    let url = new URL(to);
    let response = await this.fetch(url, init);
    for (let hops = 0; response.status >= 300 && response.status < 400; hops++) {
      if (hops > 15) throw new Error(`redirects without end at ${url}`);
      url = new URL(response.headers.get('location') as string, url);
      if (this.away.some((one) => url.href.startsWith(one)))
        return { url, status: response.status, html: '', headers: response.headers, heading: '', form: undefined };
      response = await this.fetch(url);
    }
    const page = pageOf(url, response, await response.text());
    const { form } = page;
    return form && this.away.some((one) => form.action.href.startsWith(one))
      ? { ...page, form: undefined, delivery: form }
      : page;
  }

  /** Fills in the page's first POST form and presses its first button, or the one whose name and value are given. */
  async submit(
    page: Page,
    filled: Record<string, string> = {},
    button?: { name: string; value: string },
  ): Promise<Page> {
    const { form } = page;
    if (!form) throw new Error(`no form on ${page.url}: ${page.status} ${page.heading}`);
    const first = form.buttons[0];
    const pressed = button ?? (first?.name ? { name: first.name, value: first.value } : undefined);
    const body = new URLSearchParams({
      ...form.fields,
      ...filled,
      ...(pressed ? { [pressed.name]: pressed.value } : {}),
    });
    return this.go(form.action, { method: 'POST', body });
  }
}

const text = (html: string) =>
  unescaped(html.replace(/<[^>]*>/g, ''))
    .replace(/\s+/g, ' ')
    .trim();

/** As it stands there: a value keeps its white space. */
const unescaped = (html: string) =>
  html
    .replace(/&#(\d+);/g, (_, n) => String.fromCodePoint(n))
    .replace(/&#x([0-9a-f]+);/gi, (_, n) => String.fromCodePoint(Number.parseInt(n, 16)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');

function attributes(tag: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, value] of tag.matchAll(/\s([a-z-]+)(?:="([^"]*)")?/g))
    found[name as string] = unescaped(value ?? '');
  return found;
}

function pageOf(url: URL, response: Response, html: string): Page {
  const heading = text(/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(html)?.[1] ?? '');
  const [, tag = '', inside = ''] = /<form([^>]*method="post"[^>]*)>([\s\S]*?)<\/form>/.exec(html) ?? [];
  let form: Form | undefined;
  if (tag) {
    const fields: Record<string, string> = {};
    for (const [input] of inside.matchAll(/<input[^>]*>/g)) {
      const { name, value = '', type, ...rest } = attributes(input);
      if (name && (type !== 'checkbox' || 'checked' in rest)) fields[name] = value;
    }
    const buttons = [...inside.matchAll(/<button([^>]*)>([\s\S]*?)<\/button>/g)]
      .map(
        ([, attrs = '', words = '']) =>
          ({ ...attributes(attrs), words: text(words) }) as {
            name?: string;
            value?: string;
            type?: string;
            words: string;
          },
      )
      .filter((button) => button.type !== 'button')
      .map(({ name, value = '', words }) => ({ name, value, words }));
    form = { action: new URL(attributes(tag).action as string, url), fields, buttons };
  }
  return { url, status: response.status, html, headers: response.headers, heading, form };
}
