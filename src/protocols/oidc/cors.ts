import type { Client } from 'oidc-provider';

/** Browsers may call for a client from the origins its administrator declared, and from no other. */
export const corsAllowed = (origin: string, client: Client): boolean =>
  Array.isArray(client.cors_origins) && client.cors_origins.includes(origin);
