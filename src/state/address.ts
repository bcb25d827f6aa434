import { readFileSync } from 'node:fs';
import { hostsUrl } from '../domain/hosts-url.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Where Redis is, by one of three arrangements. */
export interface RedisAddress {
  readonly kind: 'one' | 'sentinel' | 'cluster';
  /** Redis itself; the sentinels; some nodes of the cluster. At least one. */
  readonly places: readonly Place[];
  /** What ioredis takes to log in to a Redis. */
  readonly login: { readonly username?: string; readonly password?: string; readonly db?: number };
  /** The name the sentinels know the master by. */
  readonly master: string;
  readonly sentinelLogin: { readonly sentinelUsername?: string; readonly sentinelPassword?: string };
  readonly tls: { readonly ca?: string } | undefined;
}

/**
 * Reads `redis://host/0`, `redis+sentinel://h1,h2/mymaster/0` and `redis+cluster://h1,h2`, each with `rediss` for TLS and
 * `?ca_file=` for who signed their certificates. Throws without repeating the address, which may hold a password.
 */
export function redisAddress(url: string): RedisAddress {
  const parts = hostsUrl(url);
  const [, secure, kind = 'one'] = /^redis(s?)(?:\+(sentinel|cluster))?$/.exec(parts?.scheme ?? '') ?? [];
  if (!parts || secure === undefined) throw new Error('the address of Redis cannot be read');
  const { username, password, hosts, path, query } = parts;
  const segments = path.split('/').slice(1).map(decodeURIComponent);
  const [master = '', db = ''] = kind === 'sentinel' ? segments : ['', segments[0]];
  const ca = query.get('ca_file');
  const [sentinelUsername, sentinelPassword] = [query.get('sentinel_username'), query.get('sentinel_password')];
  return {
    kind: kind as RedisAddress['kind'],
    places: hosts.map(({ host, port }) => ({
      host: host || 'localhost',
      port: port ?? (kind === 'sentinel' ? 26_379 : 6379),
    })),
    login: {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(db === '' ? {} : { db: Number(db) }),
    },
    master,
    sentinelLogin: {
      ...(sentinelUsername ? { sentinelUsername } : {}),
      ...(sentinelPassword ? { sentinelPassword } : {}),
    },
    tls: secure ? (ca ? { ca: readFileSync(ca, 'utf8') } : {}) : undefined,
  };
}
