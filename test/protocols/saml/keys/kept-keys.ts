import type { SigningKey, SigningKeys } from '../../../../src/store/signing-keys.ts';

/** The table of signing keys as far as SAML uses it, in memory; several rings on one are several nodes. */
export function keptKeys(): SigningKeys {
  let rows: SigningKey[] = [];
  const kept = {
    of: async () => [...rows],
    idsOf: async () => rows.map(({ id }) => id),
    async addFirst(_use: 'sig' | 'saml', keys: readonly SigningKey[]) {
      if (rows.length === 0) rows = [...keys];
      return [...rows];
    },
    async addAfter(_use: 'sig' | 'saml', seen: readonly string[], keys: readonly SigningKey[]) {
      if (rows.map(({ id }) => id).join() !== seen.join()) return false;
      rows.push(...keys);
      return true;
    },
    async remove(ids: readonly string[]) {
      rows = rows.filter(({ id }) => !ids.includes(id));
    },
  };
  return kept as unknown as SigningKeys;
}
