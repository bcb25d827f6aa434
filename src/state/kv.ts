/** One value as it was read. Versions are compared, never interpreted. */
export interface Entry {
  readonly value: string;
  readonly version: string;
}

/**
 * Short-lived state. Losing all of it signs everyone out and breaks nothing else. `ttl` is in seconds and at least 1.
 * Implementations: memory.ts, redis.ts (one round trip a verb); decorator: memo.ts. Contract: test/contract.
 */
export interface Kv {
  read(key: string): Promise<Entry | undefined>;
  /** One round trip, answers in the order asked. */
  readMany(keys: readonly string[]): Promise<(Entry | undefined)[]>;
  set(key: string, value: string, ttl: number): Promise<void>;
  /** Only if absent; true when this call put it there. */
  add(key: string, value: string, ttl: number): Promise<boolean>;
  /** Reads and marks used in one step: `first` is true for exactly one caller ever. Later `read`s show it unchanged. */
  spend(key: string): Promise<{ value: string; first: boolean } | undefined>;
  /** Only if nobody changed it since `version` was read; never creates. */
  swap(key: string, version: string, to: string, ttl: number): Promise<boolean>;
  /** Reads and removes; of twenty callers one gets it. */
  take(key: string): Promise<string | undefined>;
  /** Adds one and returns the sum; the first call starts the clock, later ones never extend it. */
  count(key: string, ttl: number): Promise<number>;
  /** Adds a member to an index (a user's sessions); lengthens the index's life to at least `ttl`. */
  join(index: string, member: string, ttl: number): Promise<void>;
  members(index: string): Promise<string[]>;
  leave(index: string, member: string): Promise<void>;
  delete(key: string): Promise<void>;
  /** True when the store answers (for /readyz). */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
