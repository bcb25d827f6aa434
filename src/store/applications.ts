import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import type { Application, Protocol } from '../domain/application.ts';
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
      const foreign = ids.filter((id) => rows.has(id) && rows.get(id)!.source !== source);
      const due = declared.filter(({ id }) => !foreign.includes(id) && !this.same(rows.get(id), declared, id));
      for (const application of due) {
        await trx('applications').insert(this.row(application, source)).onConflict('id').merge();
      }
      if (due.length > 0) await changed(trx);
      return foreign;
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

  private same(row: Row | undefined, declared: readonly DeclaredApplication[], id: string): boolean {
    if (!row) return false;
    const wanted = declared.find((one) => one.id === id)!;
    const plain = JSON.parse(JSON.stringify({ ...wanted, disabled: false }));
    return isDeepStrictEqual(JSON.parse(JSON.stringify(this.application(row))), plain);
  }

  private row(application: DeclaredApplication, source: string): Row {
    const groups = application.groups === undefined ? null : JSON.stringify(application.groups);
    return {
      id: application.id,
      name: application.name,
      protocol: application.protocol,
      third_party: application.thirdParty,
      groups: groups as unknown as string[],
      settings: this.sealer.seal(JSON.stringify(application.settings), contextOf(application.id)),
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
      settings: JSON.parse(this.sealer.open(row.settings, contextOf(row.id))),
      disabled: row.disabled_at !== null,
    };
  }
}

/** The next revision; inside the transaction that made the change, so nobody sees one without the other. */
async function changed(trx: Knex.Transaction): Promise<void> {
  await trx.raw(
    `insert into settings (key, value) values (?, '1')
     on conflict (key) do update set value = (settings.value::bigint + 1)::text`,
    [revisionKey],
  );
}
