import { accessPassOperations } from './access-passes.ts';
import { applicationChangeOperations } from './application-changes.ts';
import { applicationOperations } from './applications.ts';
import { auditOperations } from './audit.ts';
import { backupOperations } from './backups.ts';
import { configurationOperations } from './configuration.ts';
import { credentialOperations } from './credentials.ts';
import { reopenEnrolment } from './enrolment.ts';
import { keyOperations } from './keys.ts';
import { mailOperations } from './mail.ts';
import type { Operation } from './operation.ts';
import { ownerOperations } from './owners.ts';
import { registrationOperations } from './registration.ts';
import { roleOperations } from './roles.ts';
import { secretOperations } from './secrets.ts';
import { serverOperations } from './server.ts';
import { sessionOperations } from './sessions.ts';
import { unlock } from './unlock.ts';
import { userChangeOperations } from './user-changes.ts';
import { userOperations } from './users.ts';

/** Everything that can be asked of the administration, whichever door it comes through. */
export const operations: readonly Operation[] = [
  ...serverOperations,
  ...userOperations,
  ...userChangeOperations,
  ...credentialOperations,
  ...accessPassOperations,
  unlock,
  reopenEnrolment,
  ...sessionOperations,
  ...applicationOperations,
  ...applicationChangeOperations,
  ...registrationOperations,
  ...roleOperations,
  ...ownerOperations,
  ...keyOperations,
  ...secretOperations,
  ...mailOperations,
  ...auditOperations,
  ...configurationOperations,
  ...backupOperations,
];

const byId = new Map(operations.map((one) => [one.id, one]));

/** Throws for an id that is not in the table: that is a bug of whoever names it. */
export function operationById(id: string): Operation {
  const found = byId.get(id);
  if (!found) throw new Error(`there is no operation ${id}`);
  return found;
}
