interface Server {
  readonly pid: number;
  stop(): Promise<void>;
}

/** A Redis of its own on a free port (or the given one, to come back where it was); ends with `stop()`. */
export function startRedis(options?: {
  port?: number;
  /** Lines of redis.conf. */
  settings?: Readonly<Record<string, string | number>>;
}): Promise<Server & { url: string; port: number }>;

/** A sentinel that watches the Redis on `master`, known by `password`, as `mymaster`; `own` is the sentinel's password. */
export function startSentinel(options: {
  master: number;
  password: string;
  own: string;
}): Promise<Server & { port: number }>;

/** Three masters, each on a third of the slots, without replicas; `stop` ends all that still run. */
export function startCluster(): Promise<{
  url: string;
  nodes: readonly (Server & { url: string; port: number })[];
  stop(): Promise<unknown>;
}>;
