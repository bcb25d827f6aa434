import knex, { type Knex } from 'knex';
import ClientPG, { type QueryObject } from 'knex/lib/dialects/postgres/index.js';
import type pg from 'pg';
import { watched } from '../domain/watching.ts';
import { judged } from './away.ts';
import { type Hosts, reach } from './hosts.ts';
import { verbOf } from './verb.ts';

/** Enough for every statement of this program; what comes after is sent unprepared, so memory stays bounded. */
const preparedAtMost = 500;

/** One name for one text, on every connection. Not the client's own: knex makes bare copies of it for transactions. */
const prepared = new Map<string, string>();

function nameOf(sql: string): string | undefined {
  const known = prepared.get(sql);
  if (known || prepared.size >= preparedAtMost) return known;
  const name = `s${prepared.size}`;
  prepared.set(sql, name);
  return name;
}

/** knex's Postgres client, with statements prepared once per connection and a dead server told apart from a wrong statement. */
class PostgresClient extends ClientPG {
  /** Where knex would make one to one host. */
  override async _acquireOnlyConnection(): Promise<unknown> {
    const { hosts } = (this.config as { connection: { hosts: Hosts } }).connection;
    const connection: pg.Client & { __knex__disposed?: unknown } = await hosts.connect();
    connection.on('error', (error) => {
      connection.__knex__disposed = error;
    });
    connection.on('end', () => {
      connection.__knex__disposed ??= 'ended';
    });
    return connection;
  }

  override async acquireConnection(): Promise<unknown> {
    try {
      return await super.acquireConnection();
    } catch (error) {
      throw judged(error);
    }
  }

  override async _query(connection: unknown, query: QueryObject): Promise<QueryObject> {
    const name = query.bindings?.length ? nameOf(query.sql) : undefined;
    if (name) query.options = { ...query.options, name };
    try {
      return await watched('sql', verbOf(query.sql), () => super._query(connection, query));
    } catch (error) {
      const verdict = judged(error);
      // A query that timed out leaves its answer on the wire: the next one would read it. Such a connection is given up.
      if (verdict !== error) (connection as { __knex__disposed?: unknown }).__knex__disposed = error;
      throw verdict;
    }
  }
}

/** How every connection is made; `patience` in milliseconds, 0 lets statements take their time. */
export const reaching = (url: string, patience: number): Hosts =>
  reach(url, {
    // By this a restore knows that a server runs.
    application_name: 'stile',
    connectionTimeoutMillis: patience || 10_000,
    query_timeout: patience,
    keepAlive: true,
  });

/** Rejects with StoreAway when neither a connection nor an answer comes in time. */
export function openPostgres(hosts: Hosts, options: { patience: number; connections: number }): Knex {
  return knex({
    client: PostgresClient,
    connection: { hosts } as unknown as Knex.StaticConnectionConfig,
    pool: { min: 0, max: options.connections, idleTimeoutMillis: 60_000 },
    acquireConnectionTimeout: options.patience || 10_000,
    compileSqlOnError: false,
    log: { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} },
  });
}
