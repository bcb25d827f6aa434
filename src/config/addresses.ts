import { type HostsUrl, hostsUrl } from '../domain/hosts-url.ts';
import { parsed } from './words.ts';

/** Where PostgreSQL and Redis are. A value may hold a password: it is never repeated. */

/** Throws when there is nothing to read. */
type Read = (path: string) => string;

const attributes = ['read-write', 'primary', 'any'];

/** What is wrong with DATABASE_URL, as the end of a sentence; undefined when nothing is. */
export function databaseProblem(value: string, readFile: Read): string | undefined {
  const url = hostsUrl(value);
  if (!url || !['postgres', 'postgresql'].includes(url.scheme))
    return 'has to be a URL that begins with postgres:// or postgresql://; several hosts are separated by commas, as in postgres://user:password@one:5432,two:5432/stile';
  const { hosts, query } = url;
  // One host is the driver's own affair, sockets and all.
  if (hosts.length === 1 && !parsed(value)) return 'has to be a URL that begins with postgres:// or postgresql://';
  if (hosts.length > 1 && hosts.some(({ host }) => host === '')) return 'names a host that is empty between its commas';
  const wanted = query.get('target_session_attrs');
  if (wanted !== null && !attributes.includes(wanted))
    return `has a target_session_attrs that is not one of ${attributes.join(', ')}`;
  return ['sslrootcert', 'sslcert', 'sslkey'].map((key) => unreadable(url, key, readFile)).find(Boolean);
}

const redisForms =
  'has to be a URL that begins with redis:// (one Redis), redis+sentinel:// (as in redis+sentinel://one:26379,two:26379/mymaster/0) or redis+cluster:// (as in redis+cluster://one:7000,two:7000), or with rediss for TLS';

const redisOptions = ['ca_file'];
const sentinelOptions = [...redisOptions, 'sentinel_username', 'sentinel_password'];

/** The same for REDIS_URL. */
export function redisProblem(value: string, readFile: Read): string | undefined {
  const url = hostsUrl(value);
  const [, secure, kind] = /^redis(s?)(?:\+(sentinel|cluster))?$/.exec(url?.scheme ?? '') ?? [];
  if (!url || secure === undefined) return redisForms;
  const { hosts, path, query } = url;
  if (!kind && hosts.length > 1) return `names several hosts: ${redisForms}`;
  if (hosts.length > 1 && hosts.some(({ host }) => host === '')) return 'names a host that is empty between its commas';
  if (kind === 'sentinel' && !/^\/[^/]+(\/\d{0,5})?$/u.test(path))
    return 'has to name the master the sentinels watch, and may number a database, as in redis+sentinel://one:26379/mymaster/0';
  if (kind === 'cluster' && !/^(\/0?)?$/u.test(path)) return 'numbers a database, and a cluster has none but 0';
  if (!kind && !/^(\/\d{0,5})?$/u.test(path)) return 'may name a database after the slash by its number only';
  const allowed = kind === 'sentinel' ? sentinelOptions : redisOptions;
  const strange = [...query.keys()].find((key) => !allowed.includes(key));
  if (strange !== undefined)
    return `has an option that is not known; there ${allowed.length > 1 ? 'are' : 'is'} ${allowed.join(', ')}`;
  if (query.has('ca_file') && !secure) return 'has a ca_file without TLS: begin it with rediss';
  return unreadable(url, 'ca_file', readFile);
}

function unreadable({ query }: HostsUrl, key: string, readFile: Read): string | undefined {
  const path = query.get(key);
  if (path === null) return undefined;
  try {
    readFile(path);
    return undefined;
  } catch (error) {
    return `names a file in ${key} that cannot be read (${(error as Error).message})`;
  }
}
