/**
 * A document that is looked for again and again. What was read last is kept, in memory and in a file, until it ends;
 * whatever goes wrong in between is said in the log and tried again. A document that ended is as good as none.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf } from './declared.ts';
import type { Mark } from './download.ts';
import type { Origin } from './origins.ts';
import { checkEnd, checkOrder, type Lasting, waitAfterFailure, waitAfterSuccess } from './validity.ts';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, after so many milliseconds, unless what it returns is called first. */
  later(ms: number, callback: () => void): () => void;
  /** From 0 to 1. */
  chance(): number;
}

export const clock: Clock = {
  now: Date.now,
  later(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
  chance: Math.random,
};

export interface Log {
  warn(about: object, words: string): void;
  info(about: object, words: string): void;
}

export interface SourceParts<T extends Lasting> {
  /** What the log calls it: {application: 'wiki'}. */
  readonly about: object;
  /** Where the last good copy is kept. */
  readonly file: string;
  readonly origin: Origin;
  /** Throws what `reasonOf` knows for a document that may not be used. */
  readonly read: (file: string, signal: AbortSignal) => Promise<T>;
  readonly clock: Clock;
  readonly log: Log;
}

export class Source<T extends Lasting> {
  readonly #parts: SourceParts<T>;
  #value: T | undefined;
  /** Of the value. */
  #mark: Mark | undefined;
  #failures = 0;
  #cancel: (() => void) | undefined;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #looked = false;

  constructor(parts: SourceParts<T>) {
    this.#parts = parts;
  }

  get file(): string {
    return this.#parts.file;
  }

  /** What was read last, ended or not. */
  get last(): T | undefined {
    return this.#value;
  }

  /** Whether there is a document, or there is none although one was looked for. */
  get known(): boolean {
    return this.#looked || this.#value !== undefined;
  }

  /** How often in a row it could not be renewed. */
  get failures(): number {
    return this.#failures;
  }

  /** What may be used now. */
  get current(): T | undefined {
    const { validUntil } = this.#value ?? {};
    return validUntil === undefined || this.#parts.clock.now() < validUntil ? this.#value : undefined;
  }

  /** Reads the last good copy, if there is one. Never rejects. */
  async restore(): Promise<void> {
    const { file, read, about, log } = this.#parts;
    try {
      this.#value = await read(file, this.#stop.signal);
      this.#mark = await readFile(markOf(file), 'utf8')
        .then(JSON.parse)
        .catch(() => undefined);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || this.#stop.signal.aborted) return;
      log.warn(
        { ...about, why: reasonOf(error), ...unknown(error) },
        'the copy of metadata kept in DATA_DIR is not used',
      );
    }
  }

  /** Restores and refreshes, while others go on. */
  begin(): void {
    this.#running ??= this.restore().then(() => {
      this.#running = undefined;
      return this.refresh();
    });
  }

  /** When nothing goes on any more. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Looks for the newest document, and from then on at intervals. Never rejects. */
  refresh(): Promise<void> {
    this.#running ??= this.#once().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Gives up what goes on, and does nothing any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancel?.();
    await this.idle();
  }

  async #once(): Promise<void> {
    const { clock, log, about } = this.#parts;
    this.#cancel?.();
    if (this.#stop.signal.aborted) return;
    let wait: number;
    try {
      await this.#renew();
      this.#failures = 0;
      wait = this.#parts.origin.every ?? waitAfterSuccess(this.#value ?? {}, clock.now(), clock.chance());
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#failures += 1;
      wait = waitAfterFailure(this.#failures, clock.chance());
      const until = this.#value?.validUntil;
      const left = this.current
        ? `the last good copy stays${until ? ` until ${new Date(until).toISOString()}` : ''}`
        : 'there is no good copy, so nobody is known by it';
      log.warn({ ...about, why: reasonOf(error), ...unknown(error) }, `metadata could not be renewed: ${left}`);
    }
    this.#looked = true;
    if (!this.#stop.signal.aborted) this.#cancel = clock.later(wait, () => void this.refresh());
  }

  async #renew(): Promise<void> {
    const { file, origin, read, clock } = this.#parts;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const { signal } = this.#stop;
    // A name of its own: another source of the same file may be on its way out.
    const part = `${file}.${randomUUID()}.part`;
    try {
      signal.throwIfAborted();
      const mark = await origin.obtain(part, this.#mark, signal);
      if (!mark) {
        // The same as before, which may have come to its end meanwhile.
        if (this.#value) checkEnd(this.#value, clock.now());
        return;
      }
      signal.throwIfAborted();
      const value = await read(part, signal);
      checkOrder(value, this.current);
      // In this order: a mark without its copy would leave the next start with nothing.
      await rm(markOf(file), { force: true });
      await rename(part, file);
      this.#value = value;
      this.#mark = mark;
      await writeFile(markOf(file), JSON.stringify(mark));
    } finally {
      await rm(part, { force: true });
    }
  }
}

/** An error that is none of the document's goes into the log whole. */
const unknown = (error: unknown): object => (reasonOf(error) === undefined ? { err: error } : {});

const markOf = (file: string): string => `${file}.mark`;
