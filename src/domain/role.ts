/** What somebody, or an application by a token of its own, is to the administration. What each may do: admin/roles.ts. */
export const roleNames = ['owner', 'security', 'policy', 'helpdesk', 'auditor'] as const;
export type Role = (typeof roleNames)[number];
