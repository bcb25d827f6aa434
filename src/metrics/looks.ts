import type { Registry } from 'prom-client';

/** What is not counted but looked at, each time somebody asks. */
export interface Looks {
  /** Connections to the database; undefined where there is no pool. */
  pool(): { readonly used: number; readonly free: number; readonly waiting: number } | undefined;
  /** Passwords that wait to be hashed. */
  passwordsWaiting(): number;
  /** What ends by itself, in seconds since the epoch. */
  expiring(): readonly { readonly what: string; readonly name: string; readonly at: number }[];
  /** When the schedule changes signing keys, in seconds since the epoch; undefined where there is none. */
  rotating(): readonly { readonly use: string; readonly at: number | undefined }[];
  /** Metadata that is renewed by itself; `ends` in seconds since the epoch. */
  metadata(): readonly { readonly name: string; readonly ends: number | undefined; readonly failures: number }[];
}

/** So many sources of metadata at most, those that fail most often and end first: an installation may have ten thousand. */
const MOST_SOURCES = 200;

export function looking({ Gauge }: typeof import('prom-client'), registry: Registry, looks: Looks): void {
  const registers = [registry];
  new Gauge({
    name: 'stile_database_connections',
    help: 'Connections to the database that are used or free, and what waits for one',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(looks.pool() ?? {})) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'stile_passwords_waiting',
    help: 'Passwords that wait to be hashed',
    registers,
    collect() {
      this.set(looks.passwordsWaiting());
    },
  });
  new Gauge({
    name: 'stile_expires_timestamp_seconds',
    help: 'When a certificate or the metadata of a service provider ends, since the epoch',
    labelNames: ['what', 'name'],
    registers,
    collect() {
      this.reset();
      for (const { what, name, at } of looks.expiring()) this.set({ what, name }, at);
    },
  });
  new Gauge({
    name: 'stile_keys_rotate_timestamp_seconds',
    help: 'When the schedule puts the next signing keys to work, since the epoch',
    labelNames: ['use'],
    registers,
    collect() {
      this.reset();
      for (const { use, at } of looks.rotating()) if (at !== undefined) this.set({ use }, at);
    },
  });
  const worst = () =>
    looks
      .metadata()
      .toSorted((a, b) => b.failures - a.failures || (a.ends ?? Infinity) - (b.ends ?? Infinity))
      .slice(0, MOST_SOURCES);
  new Gauge({
    name: 'stile_metadata_ends_timestamp_seconds',
    help: 'When the last good copy of metadata that is renewed by itself ends, since the epoch',
    labelNames: ['name'],
    registers,
    collect() {
      this.reset();
      for (const { name, ends } of worst()) if (ends !== undefined) this.set({ name }, ends);
    },
  });
  new Gauge({
    name: 'stile_metadata_failures',
    help: 'How often in a row metadata could not be renewed',
    labelNames: ['name'],
    registers,
    collect() {
      this.reset();
      for (const { name, failures } of worst()) this.set({ name }, failures);
    },
  });
}
