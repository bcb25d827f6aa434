/**
 * A browser as far as plain HTML needs one: cookies, redirects and pressing buttons. Every cookie is Lax to it, and another
 * port is another site: a form sent from one to the other carries none.
 */
export class Visitor {
  readonly cookies = new Map<string, string>();
  /** The page it stands on. */
  at = '';
  status = 0;
  headers = new Headers();
  html = '';

  async open(url: string, form?: Record<string, string>): Promise<void> {
    let [next, body]: [string, Record<string, string> | undefined] = [url, form];
    const abroad = this.at !== '' && new URL(this.at).origin !== new URL(url).origin;
    for (let hop = 0; hop < 10; hop += 1) {
      const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(next, {
        method: body ? 'POST' : 'GET',
        redirect: 'manual',
        headers: body && abroad ? {} : { cookie },
        ...(body && { body: new URLSearchParams(body) }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
        this.cookies.set(name!, value!);
      }
      const location = response.headers.get('location');
      Object.assign(this, {
        at: next,
        status: response.status,
        headers: response.headers,
        html: await response.text(),
      });
      if (!location) return;
      [next, body] = [new URL(location, next).href, undefined];
    }
    throw new Error(`too many redirects at ${next}`);
  }

  /** Sends the form of the page that has this button. */
  async press(button: string): Promise<void> {
    const form = this.html.match(/<form[\s\S]*?<\/form>/g)?.find((one) => one.includes(`>${button}</button>`));
    if (!form) throw new Error(`no button "${button}" on ${this.at}: ${this.html}`);
    const fields = [...form.matchAll(/<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"/g)];
    await this.open(
      new URL(/ action="([^"]+)"/.exec(form)![1]!, this.at).href,
      Object.fromEntries(fields.map(([, name, value]) => [name!, value!])),
    );
  }
}
