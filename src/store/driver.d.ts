declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';

  /** What knex's dialects are made of: private, untyped, pinned by the exact version in package.json. */
  export interface QueryObject {
    sql: string;
    bindings?: unknown[];
    options?: Record<string, unknown>;
    response?: unknown;
  }
  export default class ClientPG extends Knex.Client {
    constructor(config: Knex.Config);
    acquireRawConnection(): Promise<unknown>;
    _acquireOnlyConnection(): Promise<unknown>;
    destroyRawConnection(connection: unknown): Promise<void>;
    validateConnection(connection: unknown): Promise<boolean>;
    acquireConnection(): Promise<unknown>;
    checkVersion(connection: unknown): Promise<string>;
    _driver(): unknown;
    _query(connection: unknown, query: QueryObject): Promise<QueryObject>;
  }
}
