import { watched } from '../../domain/watching.ts';
import type { Clients } from './clients.ts';

/**
 * Calls the library makes (back-channel logout, remote JWKS). What an administrator declared may lie anywhere, on
 * loopback too; every other address keeps the library's dispatcher, which cuts connections to special-use addresses.
 * A declared address may not send us on to another one.
 */
export function outgoing(clients: Clients): typeof fetch {
  return async (url, options = {}) => {
    const { dispatcher, ...plain } = options as RequestInit & { dispatcher?: unknown };
    if (clients.declared(String(url))) return call(url, () => fetch(url, { ...plain, redirect: 'manual' }));
    // Where the library could not set its guard up it would call unguarded.
    if (!dispatcher) throw new Error('addresses nobody declared are not called without a guard');
    // Nor does what a client registered itself: over https alone, to where it says and no further.
    if (new URL(String(url)).protocol !== 'https:')
      throw new Error('addresses nobody declared are called by https only');
    return call(url, () => fetch(url, { ...options, redirect: 'manual' }));
  };
}

const call = (url: Parameters<typeof fetch>[0], act: () => Promise<Response>) =>
  watched('call', new URL(url instanceof Request ? url.url : url).hostname, act);
