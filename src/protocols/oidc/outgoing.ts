import type { Clients } from './clients.ts';

/**
 * Calls the library makes (back-channel logout, remote JWKS). What an administrator declared may lie anywhere, on
 * loopback too; every other address keeps the library's dispatcher, which cuts connections to special-use addresses.
 * A declared address may not send us on to another one.
 */
export function outgoing(clients: Clients): typeof fetch {
  return (url, options = {}) => {
    if (!clients.declared(String(url))) return fetch(url, options);
    const { dispatcher: _, ...plain } = options as RequestInit & { dispatcher?: unknown };
    return fetch(url, { ...plain, redirect: 'manual' });
  };
}
