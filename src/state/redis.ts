import { randomBytes } from 'node:crypto';
import type { Entry, Kv } from './kv.ts';
import { type Script, scripts } from './scripts.ts';
import { Wire, type WireOptions } from './wire.ts';

const versionLength = 8;

const [versionBytes, inStock] = [6, 6 * 256] as const;
let stock = randomBytes(inStock);
let used = 0;

/** A fresh version with the text behind it; never derived from the text, so that A, B, A is two changes. */
function versioned(text: string): string {
  // Drawn in stock, which is twenty times as quick as six bytes at a time; versions are no secrets.
  if (used === inStock) {
    stock = randomBytes(inStock);
    used = 0;
  }
  used += versionBytes;
  return stock.toString('base64url', used - versionBytes, used) + text;
}

const entry = (stored: unknown): Entry | undefined =>
  typeof stored === 'string'
    ? { version: stored.slice(1, 1 + versionLength), value: stored.slice(1 + versionLength) }
    : undefined;

/**
 * Short-lived state in Redis 6.2 or newer, one, with sentinels or a cluster: one round trip a verb, StoreAway within
 * seconds when it does not answer. No script names more than one key, so each is whole wherever a cluster keeps it.
 */
export class RedisKv implements Kv {
  private readonly wire: Wire;

  constructor(options: WireOptions) {
    this.wire = new Wire(options);
  }

  async read(key: string): Promise<Entry | undefined> {
    return entry(await this.wire.send('get', key));
  }

  async readMany(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    if (keys.length === 0) return [];
    // A cluster reads several keys at once only where one node has them: then each is asked for itself, in one trip still.
    const stored = this.wire.oneSlot
      ? ((await this.wire.send('mget', ...keys)) as unknown[])
      : await Promise.all(keys.map((key) => this.wire.send('get', key)));
    return stored.map(entry);
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    await this.wire.send('set', key, `0${versioned(value)}`, 'EX', ttl);
  }

  async add(key: string, value: string, ttl: number): Promise<boolean> {
    return (await this.wire.send('set', key, `0${versioned(value)}`, 'EX', ttl, 'NX')) === 'OK';
  }

  async spend(key: string): Promise<{ value: string; first: boolean } | undefined> {
    const stored = await this.run(scripts.spend, key);
    const found = entry(stored);
    return found && { value: found.value, first: (stored as string).startsWith('0') };
  }

  async swap(key: string, version: string, to: string, ttl: number): Promise<boolean> {
    return (await this.run(scripts.swap, key, version, versioned(to), ttl)) === 1;
  }

  async take(key: string): Promise<string | undefined> {
    return entry(await this.wire.send('getdel', key))?.value;
  }

  async count(key: string, ttl: number): Promise<number> {
    return Number(await this.run(scripts.count, key, ttl));
  }

  async join(index: string, member: string, ttl: number): Promise<void> {
    await this.run(scripts.join, index, member, ttl);
  }

  async members(index: string): Promise<string[]> {
    return (await this.wire.send('smembers', index)) as string[];
  }

  async leave(index: string, member: string): Promise<void> {
    await this.wire.send('srem', index, member);
  }

  async delete(key: string): Promise<void> {
    await this.wire.send('del', key);
  }

  ping(): Promise<boolean> {
    return this.wire.healthy();
  }

  async close(): Promise<void> {
    await this.wire.close();
  }

  /** By its name; only a Redis that has not met the script yet (a restart) costs a second trip. */
  private async run(script: Script, key: string, ...args: (string | number)[]): Promise<unknown> {
    try {
      return await this.wire.send('evalsha', script.sha, 1, key, ...args);
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      return this.wire.send('eval', script.text, 1, key, ...args);
    }
  }
}
