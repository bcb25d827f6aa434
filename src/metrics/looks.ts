import type { Registry } from 'prom-client';

/** What is not counted but looked at, each time somebody asks. */
export interface Looks {
  /** Connections to the database; undefined where there is no pool. */
  pool(): { readonly used: number; readonly free: number; readonly waiting: number } | undefined;
  /** Passwords that wait to be hashed. */
  passwordsWaiting(): number;
  /** What ends by itself, in seconds since the epoch. */
  expiring(): readonly { readonly what: string; readonly name: string; readonly at: number }[];
}

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
}
