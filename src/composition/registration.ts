/** Applications that register themselves: judged by the file's own schema, kept in the one table. A part of the composition root. */
import type { Knex } from 'knex';
import { registeredClient } from '../config/registered.ts';
import type { Config } from '../config.ts';
import type { Sealer } from '../domain/sealer.ts';
import { Registrations } from '../store/registrations.ts';

/** Undefined where they may not. */
export function registeringFrom(config: Pick<Config, 'registration' | 'assurance'>, knex: Knex, sealer: Sealer) {
  const names = Object.keys(config.assurance.names);
  return (
    config.registration && {
      ...config.registration,
      registrations: new Registrations(knex, sealer),
      inspect: (metadata: Readonly<Record<string, unknown>>, scopes: readonly string[]) =>
        registeredClient(metadata, scopes, names),
    }
  );
}
