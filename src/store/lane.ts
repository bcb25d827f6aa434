import type { Socket } from 'node:net';
import type { Knex } from 'knex';
import type pg from 'pg';
import { watched } from '../domain/watching.ts';
import { judged } from './away.ts';
import type { Hosts, Reaching } from './hosts.ts';
import { verbOf } from './verb.ts';

/**
 * One connection on which single statements follow each other without waiting for one another's answer. Borrowing a
 * connection from knex's pool costs as much as a short statement does, and every sign-in is made of short statements.
 * Only for what never waits for a lock: whatever stands in a lane holds up all that come behind it.
 */
export class Lane {
  readonly #hosts: Hosts;
  readonly #names = new Map<string, { name: string; text: string }>();
  #client: Promise<pg.Client> | undefined;
  #holding = false;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
  }

  /** `text` has knex's question marks. Rejects with StoreAway when the database does not answer in time. */
  rows<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return watched('sql', verbOf(text), () => this.#rows<Row>(text, values));
  }

  async #rows<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    this.#client ??= this.#open();
    const opening = this.#client;
    try {
      const client = await opening;
      return await new Promise<Row[]>((resolve, reject) => {
        this.#hold(client);
        client.query({ ...this.#prepared(text), values: [...values] }, (error: Error | null, result) =>
          error ? reject(error) : resolve(result.rows),
        );
      });
    } catch (error) {
      const verdict = judged(error);
      if (verdict !== error) this.#leave(opening);
      throw verdict;
    }
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }

  #open(): Promise<pg.Client> {
    const opening = this.#hosts.connect({ pipeline: true } as Reaching).then((client) => {
      client.on('error', () => this.#leave(opening)).on('end', () => this.#leave(opening));
      return client;
    });
    return opening;
  }

  /** The next statement tries anew; those still under way are answered or refused by the driver. */
  #leave(opening: Promise<pg.Client>): void {
    if (this.#client !== opening) return;
    this.#client = undefined;
    opening.then((client) => client.end()).catch(() => {});
  }

  /** What is asked in one turn of the event loop goes out in one write. */
  #hold(client: pg.Client): void {
    if (this.#holding) return;
    // Not in the driver's types.
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    this.#holding = true;
    stream.cork();
    setImmediate(() => {
      this.#holding = false;
      stream.uncork();
    });
  }

  #prepared(text: string): { name: string; text: string } {
    let known = this.#names.get(text);
    if (!known) {
      let n = 0;
      known = { name: `l${this.#names.size}`, text: text.replace(/\?/g, () => `$${++n}`) };
      this.#names.set(text, known);
    }
    return known;
  }
}

/** What has a lane of its own: reads, and the record, whose commits the reads need not wait for. */
export type LaneName = 'reads' | 'record';

const lanes = new WeakMap<Knex, Readonly<Record<LaneName, Lane>>>();

/** Gives this Postgres its lanes; returns how to close them. */
export function layLanes(db: Knex, hosts: Hosts): () => Promise<void> {
  const laid = { reads: new Lane(hosts), record: new Lane(hosts) };
  lanes.set(db, laid);
  return async () => {
    await Promise.all([laid.reads.close(), laid.record.close()]);
  };
}

/** One short statement in its lane; in a transaction, and on the embedded database, the way of every other. */
export async function inLane<Row>(db: Knex, lane: LaneName, text: string, values: readonly unknown[]): Promise<Row[]> {
  const own = lanes.get(db)?.[lane];
  if (own) return own.rows<Row>(text, values);
  const { rows } = await db.raw<{ rows: Row[] }>(text, values as Knex.RawBinding[]);
  return rows;
}
