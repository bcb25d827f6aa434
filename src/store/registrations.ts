import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Sealer } from '../domain/sealer.ts';
import { Applications, type DeclaredApplication } from './applications.ts';

/** What an initial access token allows. */
export interface Allowance {
  readonly scopes: readonly string[];
  readonly usesLeft: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface NewAllowance {
  readonly scopes: readonly string[];
  readonly uses: number;
  readonly expiresAt: number;
  /** Who let others register, for the record. */
  readonly by: string;
}

/** Where applications that registered themselves say they come from. */
export const registeredSource = 'registered';

const hash = (token: string): string => createHash('sha256').update(token).digest('base64url');
const accessModel = 'RegistrationAccessToken';

/** Applications that registered themselves (RFC 7591, RFC 7592), and what allows them to: tokens by their hash alone. */
export class Registrations {
  private readonly db: Knex;
  private readonly applications: Applications;

  constructor(db: Knex, sealer: Sealer) {
    this.db = db;
    this.applications = new Applications(db, sealer);
  }

  async allow(token: string, { scopes, uses, expiresAt, by }: NewAllowance, now: number): Promise<void> {
    await this.db('initial_access_tokens').where('expires_at', '<', new Date(now)).delete();
    await this.db('initial_access_tokens').insert({
      id_hash: hash(token),
      scopes: JSON.stringify(scopes),
      uses_left: uses,
      minted_by: by,
      minted_at: new Date(now),
      expires_at: new Date(expiresAt),
    });
  }

  /** One with a use left. */
  async allowance(token: string, now: number): Promise<Allowance | undefined> {
    const row = await this.db('initial_access_tokens')
      .where({ id_hash: hash(token) })
      .where('uses_left', '>', 0)
      .where('expires_at', '>', new Date(now))
      .first<{ scopes: string[]; uses_left: number; expires_at: Date } | undefined>();
    return row && { scopes: row.scopes, usesLeft: row.uses_left, expiresAt: row.expires_at.getTime() };
  }

  /** Adds one and spends a use of the token, both or neither; of a race for the last use or place one wins. */
  async register(
    application: DeclaredApplication,
    { token, most, now }: { token: string; most: number; now: number },
  ): Promise<'added' | 'spent' | 'full'> {
    return this.applications.inTurn(async (applications, trx) => {
      if ((await applications.countOf(registeredSource)) >= most) return 'full';
      const spent = await trx('initial_access_tokens')
        .where({ id_hash: hash(token) })
        .where('uses_left', '>', 0)
        .where('expires_at', '>', new Date(now))
        .decrement('uses_left', 1);
      if (spent === 0) return 'spent';
      await applications.write(application, registeredSource);
      return 'added';
    });
  }

  /** Changes one for whoever holds its access token, which is spent by it: false when it is spent already. */
  async amend(application: DeclaredApplication, access: string, now: number): Promise<boolean> {
    return this.applications.inTurn(async (applications, trx) => {
      const spent = await trx('tokens')
        .where({ model: accessModel, id_hash: hash(access), client_id: application.id })
        .whereNull('consumed_at')
        .update({ consumed_at: new Date(now) });
      if (spent === 0 || !(await applications.isOf(application.id, registeredSource))) return false;
      await applications.write(application, registeredSource);
      return true;
    });
  }

  /** With every token and Grant it was given. False when it is gone already, or came another way. */
  async remove(id: string): Promise<boolean> {
    return this.applications.inTurn(async (applications, trx) => {
      if (!(await applications.erase(id, registeredSource))) return false;
      await trx('tokens').where({ client_id: id }).delete();
      return true;
    });
  }
}
