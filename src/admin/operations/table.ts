import type { Operation } from './operation.ts';
import { samlKeyOperations } from './saml-keys.ts';
import { userOperations } from './users.ts';

/** Everything that can be asked of the administration, whichever door it comes through. */
export const operations: readonly Operation[] = [...userOperations, ...samlKeyOperations];

const byId = new Map(operations.map((one) => [one.id, one]));

/** Throws for an id that is not in the table: that is a bug of whoever names it. */
export function operationById(id: string): Operation {
  const found = byId.get(id);
  if (!found) throw new Error(`there is no operation ${id}`);
  return found;
}
