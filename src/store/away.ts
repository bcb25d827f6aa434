import { StoreAway } from '../domain/store-away.ts';

/** SQLSTATE classes that mean "not now": connection lost, shutting down, out of resources, a standby after failover. */
const awayStates = /^(08|53|57P|25006)/;

/** Tells a database that is away from a statement that is wrong; the latter keeps its own error. */
export function judged(error: unknown): unknown {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (name === 'StoreAway' || name === 'TypeError' || name === 'RangeError') return error;
  const state = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
  return state === undefined || awayStates.test(state) ? new StoreAway('The database', error) : error;
}
