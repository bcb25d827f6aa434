import { AsyncLocalStorage } from 'node:async_hooks';
import type { Entry, Kv } from './kv.ts';

type Memo = Map<string, Promise<Entry | undefined>>;

/** One request. `requestScope.run(new Map(), handler)` in the web room makes repeated reads of a key cost one trip. */
export const requestScope = new AsyncLocalStorage<Memo>();

/**
 * Remembers what was read for as long as one request lasts, and forgets a key whenever this request writes it. Outside a
 * request it passes everything on. `readMany` fetches ahead: the keys it names are free for the rest of the request.
 */
export class MemoKv implements Kv {
  private readonly kv: Kv;

  constructor(kv: Kv) {
    this.kv = kv;
  }

  read(key: string): Promise<Entry | undefined> {
    const memo = requestScope.getStore();
    return memo ? (memo.get(key) ?? keep(memo, key, this.kv.read(key))) : this.kv.read(key);
  }

  async readMany(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    const memo = requestScope.getStore();
    if (!memo) return this.kv.readMany(keys);
    const missing = [...new Set(keys)].filter((key) => !memo.has(key));
    if (missing.length > 0) {
      const fetched = this.kv.readMany(missing);
      missing.forEach((key, at) => {
        keep(
          memo,
          key,
          fetched.then((entries) => entries[at]),
        );
      });
    }
    return Promise.all(keys.map((key) => this.read(key)));
  }

  set(key: string, value: string, ttl: number): Promise<void> {
    return changing(key, () => this.kv.set(key, value, ttl));
  }

  add(key: string, value: string, ttl: number): Promise<boolean> {
    return changing(key, () => this.kv.add(key, value, ttl));
  }

  spend(key: string): Promise<{ value: string; first: boolean } | undefined> {
    return this.kv.spend(key);
  }

  /** A swap that lost forgets too: whoever tries again has to see what the winner wrote. */
  swap(key: string, version: string, to: string, ttl: number): Promise<boolean> {
    return changing(key, () => this.kv.swap(key, version, to, ttl));
  }

  take(key: string): Promise<string | undefined> {
    return changing(key, () => this.kv.take(key));
  }

  count(key: string, ttl: number): Promise<number> {
    return this.kv.count(key, ttl);
  }

  join(index: string, member: string, ttl: number): Promise<void> {
    return this.kv.join(index, member, ttl);
  }

  members(index: string): Promise<string[]> {
    return this.kv.members(index);
  }

  leave(index: string, member: string): Promise<void> {
    return this.kv.leave(index, member);
  }

  delete(key: string): Promise<void> {
    return changing(key, () => this.kv.delete(key));
  }

  ping(): Promise<boolean> {
    return this.kv.ping();
  }

  close(): Promise<void> {
    return this.kv.close();
  }
}

/** A failed read is not remembered. */
function keep(memo: Memo, key: string, reading: Promise<Entry | undefined>): Promise<Entry | undefined> {
  memo.set(key, reading);
  reading.catch(() => {
    if (memo.get(key) === reading) memo.delete(key);
  });
  return reading;
}

/** Forgets before and after: a read that overtook the write must not be remembered either. */
async function changing<T>(key: string, write: () => Promise<T>): Promise<T> {
  const memo = requestScope.getStore();
  memo?.delete(key);
  try {
    return await write();
  } finally {
    memo?.delete(key);
  }
}
