import pg from 'pg';
import { hostsUrl } from '../domain/hosts-url.ts';

/** Settings of one connection that every host shares. */
export type Reaching = Omit<pg.ClientConfig, 'connectionString'>;

/** One standing way to the PostgreSQL that takes writes, whichever of the hosts that is now. */
export interface Hosts {
  /** Connected; to be ended by the caller. Rejects with what the last host said. */
  connect(options?: Reaching): Promise<pg.Client>;
}

/** A standby, or a server told to be one: it would refuse the first write. Its SQLSTATE is that of a write there. */
class ReadOnly extends Error {
  readonly code = '25006';
  constructor() {
    super('none of the hosts of the database takes writes');
    this.name = 'ReadOnly';
  }
}

/**
 * `url` is what the driver takes, or the same with several hosts (`postgres://u:p@h1:5432,h2:5432/db`): the driver knows but
 * one. With several, or with `target_session_attrs`, the one that takes writes is chosen, as libpq's `read-write`. Where
 * the last connection went is asked first; when that does not do, all at once: a host that is dead in a way that costs
 * time must not cost it before every connection.
 */
export function reach(url: string, reaching: Reaching): Hosts {
  const { urls, choosy } = singles(url);
  let first = 0;

  async function one(at: number, options: Reaching): Promise<pg.Client> {
    const client = new pg.Client({ ...reaching, ...options, connectionString: urls[at] as string });
    // Before anybody listens, an error would end the process.
    client.on('error', () => {});
    try {
      await client.connect();
      if (choosy && (await readOnly(client))) throw new ReadOnly();
      first = at;
      return client;
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
  }

  return {
    async connect(options = {}) {
      const whole = options.connectionTimeoutMillis ?? reaching.connectionTimeoutMillis;
      // Two rounds in the time of one.
      const half = urls.length > 1 && whole ? { ...options, connectionTimeoutMillis: Math.ceil(whole / 2) } : options;
      try {
        return await one(first, half);
      } catch (error) {
        if (urls.length === 1) throw error;
        return await any(urls.map((_, at) => one(at, half)));
      }
    },
  };
}

/** The first that succeeds; the others, should they succeed too, are ended. Rejects with the reason that says most. */
async function any(trying: readonly Promise<pg.Client>[]): Promise<pg.Client> {
  let won: pg.Client;
  try {
    won = await Promise.any(trying);
  } catch (error) {
    const { errors } = error as AggregateError;
    // A password that is refused is worth more than a host that is down.
    throw (
      errors.find(({ code }) => /^(28|3D)/.test(code ?? '')) ??
      errors.find(({ name }) => name === 'ReadOnly') ??
      errors.at(-1)
    );
  }
  for (const other of trying) {
    other.then((client) => (client === won ? undefined : client.end())).catch(() => {});
  }
  return won;
}

async function readOnly(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ transaction_read_only: string }>('show transaction_read_only');
  return rows[0]?.transaction_read_only !== 'off';
}

/** One URL a host, and whether it matters which of them takes writes. */
function singles(url: string): { urls: readonly string[]; choosy: boolean } {
  const parts = hostsUrl(url);
  const wanted = parts?.query.get('target_session_attrs') ?? undefined;
  if (!parts || (parts.hosts.length === 1 && wanted === undefined)) return { urls: [url], choosy: false };
  const { scheme, hosts, path, query } = parts;
  query.delete('target_session_attrs');
  const login = url.slice(`${scheme}://`.length).split(/[/?#]/u, 1)[0]?.split('@').slice(0, -1).join('@');
  const options = query.size > 0 ? `?${query}` : '';
  return {
    urls: hosts.map(({ host, port }) => {
      const place = `${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
      return `${scheme}://${login ? `${login}@` : ''}${place}${path}${options}`;
    }),
    choosy: wanted !== 'any',
  };
}
