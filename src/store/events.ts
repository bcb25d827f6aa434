import type { Knex } from 'knex';
import { inLane } from './lane.ts';
import { tryTurn } from './turns.ts';

/** One line of the audit record, spelled as audit/event.ts has it: which types there are is not the store's business. */
export interface StoredEvent {
  readonly type: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly user?: string;
  readonly application?: string;
  readonly sid?: string;
  readonly walk?: string;
  readonly address?: string;
  readonly reference?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

interface Row {
  type: string;
  at: Date;
  user_id: string | null;
  application_id: string | null;
  sid: string | null;
  walk: string | null;
  address: string | null;
  reference: string | null;
  detail: Record<string, unknown> | null;
}

const columns = 'at, type, user_id, application_id, sid, walk, address, reference, detail';

const event = (row: Row): StoredEvent => ({
  type: row.type,
  at: row.at.getTime(),
  ...(row.user_id === null ? {} : { user: row.user_id }),
  ...(row.application_id === null ? {} : { application: row.application_id }),
  ...(row.sid === null ? {} : { sid: row.sid }),
  ...(row.walk === null ? {} : { walk: row.walk }),
  ...(row.address === null ? {} : { address: row.address }),
  ...(row.reference === null ? {} : { reference: row.reference }),
  ...(row.detail === null ? {} : { detail: row.detail }),
});

/** The audit record: written in groups, never changed. */
export class Events {
  private readonly db: Knex;

  constructor(db: Knex) {
    this.db = db;
  }

  /** All of them or none, by one statement whose text is the same for any number of events. */
  async insertMany(events: readonly StoredEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = events.map(({ user, application, at, ...rest }) => ({
      ...rest,
      at: new Date(at).toISOString(),
      user_id: user,
      application_id: application,
    }));
    await inLane(
      this.db,
      'record',
      `insert into events (${columns}) select ${columns} from jsonb_to_recordset(?::jsonb) as e(
         at timestamptz, type text, user_id text, application_id text, sid text, walk text, address text,
         reference text, detail jsonb)`,
      [JSON.stringify(rows)],
    );
  }

  /** Newest first, each with its number; `after` is the time and the number the page before ended with. */
  async search(wanted: {
    readonly user?: string | undefined;
    readonly application?: string | undefined;
    readonly type?: string | undefined;
    readonly reference?: string | undefined;
    /** Milliseconds since the epoch; the second is not in it. */
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    readonly after?: readonly [at: number, id: number] | undefined;
    readonly limit: number;
  }): Promise<(StoredEvent & { id: number })[]> {
    const { user, application, type, reference, from, to, after, limit } = wanted;
    const rows = this.db('events').select('id', this.db.raw(columns)).orderByRaw('at desc, id desc').limit(limit);
    if (user !== undefined) rows.where({ user_id: user });
    if (application !== undefined) rows.where({ application_id: application });
    if (type !== undefined) rows.where({ type });
    if (reference !== undefined) rows.where({ reference });
    if (from !== undefined) rows.where('at', '>=', new Date(from));
    if (to !== undefined) rows.where('at', '<', new Date(to));
    if (after) rows.whereRaw('(at, id) < (?, ?)', [new Date(after[0]), after[1]]);
    return ((await rows) as (Row & { id: string })[]).map((row) => ({ ...event(row), id: Number(row.id) }));
  }

  /** Newest first. */
  async ofUser(userId: string, limit: number): Promise<StoredEvent[]> {
    const { rows } = await this.db.raw<{ rows: Row[] }>(
      `select ${columns} from events where user_id = ? order by at desc, id desc limit ?`,
      [userId, limit],
    );
    return rows.map(event);
  }

  /** From where each credential of a person was proved last, as far as their newest five hundred events reach. */
  async lastProved(userId: string): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.db.raw<{ rows: { credential: string; address: string }[] }>(
      `select distinct on (credential) credential, address from (
         select type, detail->>'credential' as credential, address, at, id
           from events where user_id = ? order by at desc, id desc limit 500) newest
       where type = 'proof.accepted' and credential is not null and address is not null
       order by credential, at desc, id desc`,
      [userId],
    );
    return new Map(rows.map(({ credential, address }) => [credential, address]));
  }

  /** Newest first; a reference is short, so two events may share it over the years. */
  async byReference(reference: string): Promise<StoredEvent[]> {
    const { rows } = await this.db.raw<{ rows: Row[] }>(
      `select ${columns} from events where reference = ? order by at desc, id desc limit 100`,
      [reference],
    );
    return rows.map(event);
  }

  /** Removes the oldest before a time (milliseconds), `most` of them; how many, or undefined while another node does. */
  async trim(before: number, most: number): Promise<number | undefined> {
    return this.db.transaction(async (trx) => {
      if (!(await tryTurn(trx, 'retention'))) return undefined;
      const { rowCount } = await trx.raw(
        'delete from events where id in (select id from events where at < ? order by at limit ?)',
        [new Date(before), most],
      );
      return Number(rowCount);
    });
  }
}
