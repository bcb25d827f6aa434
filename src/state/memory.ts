import type { Entry, Kv } from './kv.ts';

type Cell = { expires: number } & (
  | { kind: 'value'; value: string; version: string; spent: boolean }
  | { kind: 'sum'; sum: number }
  | { kind: 'index'; members: Set<string> }
);
type ValueCell = Extract<Cell, { kind: 'value' }>;

/** Short-lived state in this process: the embedded default. `now` in milliseconds; expired cells go every half minute. */
export class MemoryKv implements Kv {
  private readonly cells = new Map<string, Cell>();
  private readonly now: () => number;
  private readonly sweeper: NodeJS.Timeout;
  private versions = 0;

  constructor(options: { now?: () => number; sweepEvery?: number } = {}) {
    this.now = options.now ?? Date.now;
    this.sweeper = setInterval(() => this.sweep(), options.sweepEvery ?? 30_000).unref();
  }

  async read(key: string): Promise<Entry | undefined> {
    const cell = this.value(key);
    return cell && { value: cell.value, version: cell.version };
  }

  async readMany(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    return Promise.all(keys.map((key) => this.read(key)));
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    this.put(key, value, ttl, false);
  }

  async add(key: string, value: string, ttl: number): Promise<boolean> {
    if (this.live(key)) return false;
    this.put(key, value, ttl, false);
    return true;
  }

  async spend(key: string): Promise<{ value: string; first: boolean } | undefined> {
    const cell = this.value(key);
    if (!cell) return undefined;
    const first = !cell.spent;
    cell.spent = true;
    return { value: cell.value, first };
  }

  async swap(key: string, version: string, to: string, ttl: number): Promise<boolean> {
    const cell = this.value(key);
    if (cell?.version !== version) return false;
    this.put(key, to, ttl, cell.spent);
    return true;
  }

  async take(key: string): Promise<string | undefined> {
    const cell = this.value(key);
    if (cell) this.cells.delete(key);
    return cell?.value;
  }

  async count(key: string, ttl: number): Promise<number> {
    const cell = this.live(key);
    if (cell?.kind === 'sum') return ++cell.sum;
    this.cells.set(key, { kind: 'sum', sum: 1, expires: this.now() + ttl * 1000 });
    return 1;
  }

  async join(index: string, member: string, ttl: number): Promise<void> {
    const expires = this.now() + ttl * 1000;
    const cell = this.live(index);
    if (cell?.kind !== 'index') {
      this.cells.set(index, { kind: 'index', members: new Set([member]), expires });
      return;
    }
    cell.members.add(member);
    cell.expires = Math.max(cell.expires, expires);
  }

  async members(index: string): Promise<string[]> {
    const cell = this.live(index);
    return cell?.kind === 'index' ? [...cell.members] : [];
  }

  async leave(index: string, member: string): Promise<void> {
    const cell = this.live(index);
    if (cell?.kind === 'index') cell.members.delete(member);
  }

  async delete(key: string): Promise<void> {
    this.cells.delete(key);
  }

  async ping(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    this.cells.clear();
  }

  private live(key: string): Cell | undefined {
    const cell = this.cells.get(key);
    if (cell && cell.expires > this.now()) return cell;
    if (cell) this.cells.delete(key);
    return undefined;
  }

  private value(key: string): ValueCell | undefined {
    const cell = this.live(key);
    return cell?.kind === 'value' ? cell : undefined;
  }

  private put(key: string, value: string, ttl: number, spent: boolean): void {
    const version = String(++this.versions);
    this.cells.set(key, { kind: 'value', value, version, spent, expires: this.now() + ttl * 1000 });
  }

  private sweep(): void {
    const now = this.now();
    for (const [key, cell] of this.cells) if (cell.expires <= now) this.cells.delete(key);
  }
}
