/** HTTP with as little work for the one who measures as can be: one kept-alive agent for one server. */
import { Agent, request } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

export class Caller {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #address: URL;

  constructor(issuer: string) {
    this.#address = new URL(issuer);
  }

  send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Reply> {
    const { hostname: host, port } = this.#address;
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const sent = request(
        { host, port, method, path, agent: this.#agent, headers: { ...headers, ...length }, timeout: 10_000 },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk) => {
            text += chunk;
          });
          answer.on('end', () =>
            resolve({ status: answer.statusCode as number, location: answer.headers.location, body: text }),
          );
        },
      );
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
      sent.end(body);
    });
  }

  leave(): void {
    this.#agent.destroy();
  }
}
