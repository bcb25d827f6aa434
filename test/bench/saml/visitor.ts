/** Somebody signed in who is sent to the identity provider by a SAML service provider, again and again. */
import { Agent, request } from 'node:http';
import { answerIn, request as authnRequest, type Party } from './party.ts';

/** An identity provider that runs, whatever it is made of. */
export interface IdentityProvider {
  /** The SingleSignOnService by HTTP-Redirect. */
  readonly sso: string;
  readonly entityId: string;
  /** PEM of the certificate it signs with. */
  readonly certificate: string;
  /** The processes it is made of, without the stores; their children count as well. */
  pids(): readonly number[];
  /** Signs somebody in and gives back the Cookie header of that browser. */
  signIn(): Promise<string>;
  stop(): Promise<void>;
}

/** What a page says, for an error. */
const words = (page: string) =>
  page
    .replace(/<head>.*<\/head>|<[^>]*>/gs, ' ')
    .replace(/\s+/g, ' ')
    .slice(0, 1000);

export class SamlVisitor {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #sso: URL;
  readonly #cookies: Map<string, string>;

  constructor(sso: string, cookie: string) {
    this.#sso = new URL(sso);
    this.#cookies = new Map(cookie.split('; ').map((pair) => pair.split(/=(.*)/s) as [string, string]));
  }

  /** A request by Redirect, to the page with the signed answer: the SAMLResponse parameter in it. */
  async visit(party?: Party): Promise<string> {
    let target = `${this.#sso.pathname}?${authnRequest(this.#sso.href, party)}`;
    // Whoever answers by way of another address of its own is followed there.
    for (let hops = 0; hops < 4; hops++) {
      const { status, location, body } = await this.#get(target);
      if (status === 200) {
        const answer = answerIn(body);
        if (answer) return answer;
      }
      if (!location) throw new Error(`no answer but ${status}: ${words(body)}`);
      const next = new URL(location, this.#sso);
      target = next.pathname + next.search;
    }
    throw new Error(`sent from one address to the next: ${target}`);
  }

  leave(): void {
    this.#agent.destroy();
  }

  #get(path: string): Promise<{ status: number; location: string | undefined; body: string }> {
    const { hostname: host, port } = this.#sso;
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ');
    return new Promise((resolve, reject) => {
      const sent = request({ host, port, path, agent: this.#agent, headers: { cookie }, timeout: 20_000 }, (answer) => {
        for (const line of answer.headers['set-cookie'] ?? []) {
          const [name = '', value = ''] = (line.split(';')[0] as string).split(/=(.*)/s);
          if (value && value !== 'deleted') this.#cookies.set(name, value);
        }
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => {
          body += chunk;
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode as number, location: answer.headers.location, body }),
        );
      });
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error(`no answer to GET ${path}`)));
      sent.end();
    });
  }
}
