/**
 * Who may administer what: five roles and one table. A role is nothing but the permissions it has here; the dispatcher
 * (api/dispatch.ts) is the only one that asks.
 */
import { type Role, roleNames } from '../domain/role.ts';

const everybody = roleNames;

/** A row is a permission, and the roles that have it. */
export const permissions = {
  'server.read': everybody,
  'users.read': everybody,
  'users.change': ['owner', 'security'],
  'credentials.reset': ['owner', 'security', 'helpdesk'],
  'sessions.read': ['owner', 'security', 'helpdesk', 'auditor'],
  'sessions.end': ['owner', 'security', 'helpdesk'],
  'applications.read': everybody,
  'applications.change': ['owner', 'security'],
  'keys.read': ['owner', 'security', 'auditor'],
  'keys.rotate': ['owner', 'security'],
  'policies.read': ['owner', 'security', 'policy', 'auditor'],
  'policies.change': ['owner', 'policy'],
  'audit.read': ['owner', 'security', 'auditor'],
  'roles.read': ['owner', 'security', 'auditor'],
  'roles.grant': ['owner', 'security'],
  'configuration.change': ['owner'],
  'owners.create': ['owner'],
  'backups.create': ['owner'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;
export const permissionNames = Object.keys(permissions) as readonly Permission[];

export const isRole = (word: unknown): word is Role => roleNames.some((role) => role === word);

export const may = (roles: readonly Role[], permission: Permission): boolean =>
  (permissions[permission] as readonly Role[]).some((role) => roles.includes(role));

/** What these roles may do together. */
export const permissionsOf = (roles: readonly Role[]): readonly Permission[] =>
  permissionNames.filter((permission) => may(roles, permission));

/** Whoever has `roles` may do everything that `others` may: only then may one grant them, or act on whoever holds them. */
export const covers = (roles: readonly Role[], others: readonly Role[]): boolean =>
  permissionsOf(others).every((permission) => may(roles, permission));
