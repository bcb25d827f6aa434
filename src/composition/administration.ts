/** The administration put together, for a server and for a command without one alike. A part of the composition root. */
import { dispatcher } from '../admin/api/dispatch.ts';
import type { Dispatch } from '../admin/api/request.ts';
import type { AdminParts } from '../admin/operations/parts.ts';

export interface Administered extends Omit<AdminParts, 'roles'> {
  readonly onFault: (error: unknown, request: string) => void;
}

export function openAdministration({ onFault, ...parts }: Administered): Dispatch {
  return dispatcher({
    parts: { ...parts, roles: { of: async () => [] } },
    demands: { fresh: 900, acrValues: [] },
    onFault,
  });
}
