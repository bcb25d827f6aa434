/** What the attack tests share: clients of every kind, requests no browser would send, and a gate before a store. */
import { generateKeyPairSync } from 'node:crypto';
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { freePort } from '../support/stile.ts';

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const clientKey = keys.privateKey;
export const clientPublicPem = keys.publicKey.export({ type: 'spki', format: 'pem' }) as string;
export const clientPublicJwk = keys.publicKey.export({ format: 'jwk' });
const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'machine', use: 'sig', alg: 'RS256' };

const oidc = (client_id: string, more: object) => ({
  client_id,
  redirect_uris: [`https://rp.example/${client_id}`],
  ...more,
});

/** Beside the `rp` of the flow tests. */
export const applications = [
  {
    id: 'other',
    name: 'Other',
    oidc: oidc('other', {
      client_secret: 'another secret, of another client',
      grant_types: ['authorization_code', 'refresh_token'],
    }),
  },
  {
    id: 'spa',
    name: 'Single page',
    oidc: oidc('spa', {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
    }),
  },
  {
    id: 'machine',
    name: 'Machine',
    oidc: oidc('machine', {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
      grant_types: ['authorization_code', 'client_credentials'],
    }),
  },
  {
    id: 'guest',
    name: 'Guest book',
    third_party: true,
    oidc: oidc('guest', { client_secret: 'the secret of a third party' }),
  },
];

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request exactly as written: Host, cookies, path and all. */
export function raw(
  issuer: string,
  path: string,
  { body, ...options }: RequestOptions & { body?: string } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(issuer);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, agent: false, timeout: 20_000, ...options }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
    });
    sent.on('timeout', () => sent.destroy(new Error(`${path} hangs`))).on('error', reject);
    sent.end(body);
  });
}

export const form = (fields: Record<string, string> | [string, string][]) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
});

/** What a page must never hold. */
export const leaks = /\bat [\w.<>]+ \(|node_modules|\.ts:\d|\.js:\d|SyntaxError|TypeError|select .* from |<pre>/;

/** A store as Stile reaches it, which a test can take away: `shut` cuts every connection and refuses new ones. */
export class Gate {
  readonly url: string;
  readonly #target: URL;
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #frozen = false;

  private constructor(target: URL, port: number) {
    this.#target = target;
    this.#port = port;
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = String(port);
    this.url = url.href;
  }

  static async before(url: string): Promise<Gate> {
    const gate = new Gate(new URL(url), await freePort());
    await gate.open();
    return gate;
  }

  async open(): Promise<void> {
    this.#frozen = false;
    for (const socket of this.#sockets) socket.resume();
    if (this.#server) return;
    this.#server = createServer((near) => {
      const far = connect(Number(this.#target.port), this.#target.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        if (this.#frozen) from.pause();
        from.on('data', (chunk) => to.write(chunk));
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        from.on('error', () => {});
      }
    });
    await new Promise<void>((resolve) => this.#server!.listen(this.#port, '127.0.0.1', resolve));
  }

  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Connections stay, nothing answers. */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.pause();
  }
}

/** Rows of the server's own database. */
export async function rows<T>(databaseUrl: string | undefined, sql: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: databaseUrl as string });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}
