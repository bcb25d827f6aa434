import type { Knex } from 'knex';

/** Numbers of the advisory locks by which nodes take turns; arbitrary, but for ever. */
const turns = {
  migrate: 84_021_001,
  applications: 84_021_002,
  keys: 84_021_003,
  owners: 84_021_010,
  retention: 84_021_029,
} as const;

/** Waits until no other transaction has this turn; ends with the transaction. */
export async function takeTurn(trx: Knex.Transaction, turn: keyof typeof turns): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(?)', [turns[turn]]);
}

/** Takes the turn if nobody has it; false otherwise, without waiting. */
export async function tryTurn(trx: Knex.Transaction, turn: keyof typeof turns): Promise<boolean> {
  const { rows } = await trx.raw('select pg_try_advisory_xact_lock(?) as taken', [turns[turn]]);
  return rows[0].taken;
}
