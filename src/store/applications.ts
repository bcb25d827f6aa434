import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import type { Application, Protocol } from '../domain/application.ts';
import type { Role } from '../domain/role.ts';
import type { Sealer } from '../domain/sealer.ts';
import { takeTurn } from './turns.ts';

export type DeclaredApplication = Omit<Application, 'disabled'>;

interface Row {
  id: string;
  name: string;
  protocol: Protocol;
  third_party: boolean;
  groups: string[] | null;
  settings: string;
  role: Role | null;
  source: string | null;
  disabled_at: Date | null;
}

export const contextOf = (id: string): string => `application:${id}`;
const revisionKey = 'applications.revision';

/** What people sign in to. Settings hold client secrets, so they are sealed as a whole. Read through the catalogue. */
export class Applications {
  private readonly db: Knex;
  private readonly sealer: Sealer;

  constructor(db: Knex, sealer: Sealer) {
    this.db = db;
    this.sealer = sealer;
  }

  async all(): Promise<Application[]> {
    return (await this.db<Row>('applications').select('*').orderBy('id')).map((row) => this.application(row));
  }

  /** Another value after every change, whichever node made it. */
  async revision(): Promise<string> {
    const row = await this.db('settings').where({ key: revisionKey }).first<{ value: string } | undefined>('value');
    return row?.value ?? '0';
  }

  /**
   * Writes what is declared and has changed, and enables it; doing it twice, or on two nodes at once, is doing it once.
   * Ids that another source has are left alone and returned.
   */
  async declare(declared: readonly DeclaredApplication[], source: string): Promise<string[]> {
    return this.db.transaction(async (trx) => {
      await takeTurn(trx, 'applications');
      const ids = declared.map(({ id }) => id);
      const present = await trx<Row>('applications').select('*').whereRaw('id = any(?)', [ids]);
      const rows = new Map(present.map((row) => [row.id, row]));
      const foreign = new Set(ids.filter((id) => rows.has(id) && rows.get(id)!.source !== source));
      const due = declared.filter((one) => !foreign.has(one.id) && !this.same(rows.get(one.id), one));
      for (const application of due) {
        await trx('applications').insert(this.row(application, source)).onConflict('id').merge();
      }
      if (due.length > 0) await changed(trx);
      return [...foreign];
    });
  }

  /** Disables what this source once declared and no longer does; their ids. */
  async disableMissing(source: string, keepIds: readonly string[], now: number): Promise<string[]> {
    return this.db.transaction(async (trx) => {
      await takeTurn(trx, 'applications');
      const { rows } = await trx.raw<{ rows: { id: string }[] }>(
        'update applications set disabled_at = ? where source = ? and disabled_at is null and not (id = any(?)) returning id',
        [new Date(now), source, [...keepIds]],
      );
      if (rows.length > 0) await changed(trx);
      return rows.map(({ id }) => id);
    });
  }

  /** One as it stands, and where it was declared: `file`, or undefined when it was made by hand. */
  async find(id: string): Promise<(Application & { source: string | undefined }) | undefined> {
    const row = await this.db<Row>('applications').where({ id }).first();
    return row && { ...this.application(row), source: row.source ?? undefined };
  }

  /** By id, after this one. */
  async page(after: string | undefined, limit: number): Promise<(Application & { source: string | undefined })[]> {
    const rows = this.db<Row>('applications').select('*').orderBy('id').limit(limit);
    if (after !== undefined) rows.where('id', '>', after);
    return (await rows).map((row) => ({ ...this.application(row), source: row.source ?? undefined }));
  }

  /**
   * Writes, or with undefined removes, what `change` makes of an application made by hand as it stands now (undefined: there
   * is none), with nobody else changing any in between. Throws what `change` throws, and then nothing has changed.
   */
  async change(
    id: string,
    change: (now: Application | undefined, all: () => Promise<Application[]>) => Promise<Application | undefined>,
    now: number,
  ): Promise<void> {
    await this.db.transaction(async (trx) => {
      await takeTurn(trx, 'applications');
      const row = await trx<Row>('applications').where({ id }).first();
      const all = () => new Applications(trx as Knex, this.sealer).all();
      const next = await change(row && this.application(row), all);
      if (next) {
        const disabled_at = next.disabled ? (row?.disabled_at ?? new Date(now)) : null;
        await trx('applications')
          .insert({ ...this.row(next, row?.source ?? null), disabled_at })
          .onConflict('id')
          .merge();
      } else await trx('applications').where({ id }).delete();
      await changed(trx);
    });
  }

  /** Runs `act` while nobody else changes any; whoever asks sees another revision afterwards, if `act` wrote one. */
  async inTurn<T>(act: (applications: Applications, trx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.db.transaction(async (trx) => {
      await takeTurn(trx, 'applications');
      return act(new Applications(trx, this.sealer), trx);
    });
  }

  async countOf(source: string): Promise<number> {
    const row = await this.db('applications').where({ source }).count<{ count: string }[]>('* as count').first();
    return Number(row?.count ?? 0);
  }

  async isOf(id: string, source: string): Promise<boolean> {
    return (await this.db('applications').where({ id, source }).first('id')) !== undefined;
  }

  /** Within a turn: adds or overwrites. */
  async write(application: DeclaredApplication, source: string): Promise<void> {
    await this.db('applications').insert(this.row(application, source)).onConflict('id').merge();
    await changed(this.db);
  }

  /** Within a turn: removes it if it came from there. */
  async erase(id: string, source: string): Promise<boolean> {
    const gone = (await this.db('applications').where({ id, source }).delete()) > 0;
    if (gone) await changed(this.db);
    return gone;
  }

  private same(row: Row | undefined, wanted: DeclaredApplication): boolean {
    if (!row) return false;
    const plain = JSON.parse(JSON.stringify({ ...wanted, disabled: false }));
    return isDeepStrictEqual(JSON.parse(JSON.stringify(this.application(row))), plain);
  }

  private row(application: DeclaredApplication, source: string | null): Row {
    const groups = application.groups === undefined ? null : JSON.stringify(application.groups);
    return {
      id: application.id,
      name: application.name,
      protocol: application.protocol,
      third_party: application.thirdParty,
      groups: groups as unknown as string[],
      settings: this.sealer.seal(JSON.stringify(application.settings), contextOf(application.id)),
      role: application.role ?? null,
      source,
      disabled_at: null,
    };
  }

  private application(row: Row): Application {
    return {
      id: row.id,
      name: row.name,
      protocol: row.protocol,
      thirdParty: row.third_party,
      ...(row.groups === null ? {} : { groups: row.groups }),
      ...(row.role === null ? {} : { role: row.role }),
      settings: JSON.parse(this.sealer.open(row.settings, contextOf(row.id))),
      ...(row.source === 'registered' ? { registered: true as const } : {}),
      disabled: row.disabled_at !== null,
    };
  }
}

/** The next revision; inside the transaction that made the change, so nobody sees one without the other. */
async function changed(trx: Knex): Promise<void> {
  await trx.raw(
    `insert into settings (key, value) values (?, '1')
     on conflict (key) do update set value = (settings.value::bigint + 1)::text`,
    [revisionKey],
  );
}
