import type { Socket } from 'node:net';
import { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from './address.ts';

/** What the wire needs of ioredis, whichever arrangement is behind it. */
export interface Connection {
  /** True when every Redis that commands may go to can be written to now. */
  ready(): boolean;
  /** True when it was closed by us and never comes back. */
  ended(): boolean;
  /** The sockets commands may go to, to hold back and let go. */
  sockets(): readonly Socket[];
  /** Rejects with what Redis said, or with what the network did. */
  call(name: string, args: readonly (string | number)[]): Promise<unknown>;
  /** True when all keys may be read by one command. */
  readonly oneSlot: boolean;
  /** Rejects, or says false, when not every key can be served. */
  healthy(): Promise<boolean>;
  onAway(listener: (error: Error) => void): void;
  onBack(listener: () => void): void;
  close(): void;
}

interface Settings {
  readonly keyPrefix?: string;
  /** Milliseconds. */
  readonly patience: number;
}

/** How long until the next try, in milliseconds. */
const soon = (tries: number) => Math.min(tries * 50, 500);

export const connect = (address: RedisAddress, settings: Settings): Connection =>
  address.kind === 'cluster' ? toCluster(address, settings) : toOne(address, settings);

/** Waiting is the wire's to decide: nothing is queued here, and nothing sent a second time. */
const manners = ({ patience }: Settings) => ({
  autoResendUnfulfilledCommands: false,
  // What was under way when the connection broke is refused then, not when its patience runs out.
  maxRetriesPerRequest: 0,
  commandTimeout: patience,
  connectTimeout: patience,
  socketTimeout: patience * 2,
});

const prefixed = ({ keyPrefix }: Settings) => (keyPrefix === undefined ? {} : { keyPrefix });

/** One Redis, or the one that the sentinels say is master now. */
function toOne(address: RedisAddress, settings: Settings): Connection {
  const { places, login, master, sentinelLogin, tls } = address;
  const redis = new Redis({
    ...(address.kind === 'sentinel'
      ? {
          ...{ sentinels: [...places], name: master, sentinelCommandTimeout: settings.patience, ...sentinelLogin },
          ...(tls ? { sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
          sentinelRetryStrategy: soon,
        }
      : places[0]),
    ...login,
    ...(tls ? { tls } : {}),
    ...manners(settings),
    ...prefixed(settings),
    enableOfflineQueue: false,
    retryStrategy: soon,
    // Demoted while we were connected: who is master now has to be asked again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  return {
    ready: () => redis.status === 'ready',
    ended: () => redis.status === 'end',
    sockets: () => [redis.stream as Socket],
    call: (name, args) => redis.call(name, ...args),
    oneSlot: true,
    healthy: async () => (await redis.ping()) === 'PONG',
    onAway: (listener) => void redis.on('error', listener),
    onBack: (listener) => void redis.on('ready', listener),
    close: () => redis.disconnect(),
  };
}

/** How often the map of slots is read again, in milliseconds: a failover is noticed within that. */
const SLOTS_MS = 1000;

function toCluster(address: RedisAddress, settings: Settings): Connection {
  const { places, login, tls } = address;
  const { db: _, ...who } = login;
  const cluster = new Cluster([...places], {
    ...prefixed(settings),
    redisOptions: { ...who, ...(tls ? { tls } : {}), ...manners(settings) },
    enableOfflineQueue: false,
    clusterRetryStrategy: soon,
    slotsRefreshInterval: SLOTS_MS,
    slotsRefreshTimeout: settings.patience,
    // A connection lost on the way may have done its work already, and a code is spent but once. What the cluster itself
    // refuses (CLUSTERDOWN, TRYAGAIN) it has not done: that is tried again.
    retryDelayOnFailover: 0,
    // Nodes are known by address inside the cluster; their certificates by the name we were given or by that address.
    dnsLookup: (host, found) => found(null, host),
  });
  const masters = () => cluster.nodes('master');
  const healthy = async () => /cluster_state:ok/.test(String(await cluster.call('cluster', 'info')));
  return {
    ready() {
      if (cluster.status !== 'ready') return false;
      // ioredis opens them with their first command and refuses the second meanwhile.
      const nodes = masters();
      for (const node of nodes) if (node.status === 'wait') node.connect().catch(() => {});
      return nodes.length > 0 && nodes.every(({ status }) => status !== 'connecting' && status !== 'connect');
    },
    ended: () => cluster.status === 'end',
    sockets: () => masters().flatMap(({ stream }) => (stream as Socket | undefined) ?? []),
    call: (name, args) => cluster.call(name, ...args),
    oneSlot: false,
    healthy,
    onAway(listener) {
      cluster.on('error', listener).on('node error', listener);
    },
    onBack(listener) {
      cluster.on('refresh', () =>
        healthy().then(
          (well) => well && listener(),
          () => {},
        ),
      );
    },
    close: () => cluster.disconnect(),
  };
}
