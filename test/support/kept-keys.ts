import type { SigningKey, SigningKeys, Use } from '../../src/store/signing-keys.ts';

/** The table of signing keys as far as one use goes, in memory; several rings on one are several nodes. */
export function keptKeys(): SigningKeys {
  let rows: SigningKey[] = [];
  const unseen = (seen: readonly string[]) => rows.map(({ id }) => id).join() !== seen.join();
  const kept = {
    of: async () => [...rows],
    idsOf: async () => rows.map(({ id }) => id),
    async addAfter(_use: Use, seen: readonly string[], keys: readonly SigningKey[]) {
      if (unseen(seen)) return false;
      rows.push(...keys);
      return true;
    },
    async replace(_use: Use, seen: readonly string[], keys: readonly SigningKey[]) {
      if (unseen(seen)) return false;
      rows = [...keys];
      return true;
    },
    async remove(_use: Use, ids: readonly string[]) {
      rows = rows.filter(({ id }) => !ids.includes(id));
    },
  };
  return kept as unknown as SigningKeys;
}

/** What a ring needs that a test does not look at: nobody reads the record, and nothing changes by the clock. */
export const quietly = { recorder: { record: async () => undefined }, rotateEvery: 0 };

/** Wishes of an administrator. */
export const gently = { force: false };
export const byForce = { force: true };
