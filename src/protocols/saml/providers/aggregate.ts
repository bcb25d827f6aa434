/** Reading an aggregate into as little memory as it needs: one text of JSON for all, and where each begins. */
import { open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { keysOf } from './declared.ts';
import { MetadataDocument, type Root } from './document.ts';
import { MetadataError, type ProviderRecord } from './record.ts';
import { checkAggregate } from './validity.ts';

/** May be handed from one thread to another. */
export interface Aggregate {
  readonly root: Root;
  readonly ids: readonly string[];
  /** Where the record of each id begins, and where the last one ends. */
  readonly starts: Uint32Array;
  /** ProviderRecords in JSON and UTF-8, one after another. */
  readonly records: Uint8Array;
  /** How many things were left out, and the first of them, for the log. */
  readonly skipped: number;
  readonly reasons: readonly string[];
}

export interface AggregateJob {
  readonly path: string;
  /** PEM. */
  readonly certificates: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Bytes of records that are kept at the most; 128 MiB. */
  readonly most?: number;
}

/** As a worker, or these lines in slices, does it. */
export type ReadAggregate = (job: AggregateJob, signal?: AbortSignal) => Promise<Aggregate>;

const MOST_REASONS = 20;
const SLICE = 64 * 1024;
/** Bytes. */
const MOST_RECORDS = 128 * 1024 * 1024;

/** Lets others have their turn after every 64 KiB. Throws what `reasonOf` knows, and errors of the file system. */
export const readAggregate: ReadAggregate = async ({ path, certificates, now, most = MOST_RECORDS }, signal) => {
  const ids: string[] = [];
  const starts = [0];
  let records = new Uint8Array(SLICE);
  const reasons: string[] = [];
  let skipped = 0;
  let full = false;
  const document = new MetadataDocument({
    keys: keysOf(certificates),
    https: true,
    old: false,
    onProvider(record) {
      const piece = Buffer.from(JSON.stringify(record));
      const start = starts.at(-1) as number;
      const end = start + piece.length;
      full ||= end > most;
      if (full) return;
      if (end > records.length) records = grown(records, Math.max(end, records.length * 2));
      records.set(piece, start);
      ids.push(record.entityId);
      starts.push(end);
    },
    onSkipped(why) {
      if (skipped++ < MOST_REASONS) reasons.push(why);
    },
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  // One buffer again and again, or what a stream makes of the file would wait for the collector.
  const slice = Buffer.allocUnsafeSlow(SLICE);
  const file = await open(path);
  try {
    for (let read = -1; read !== 0; await setImmediate()) {
      signal?.throwIfAborted();
      read = (await file.read(slice, 0, SLICE)).bytesRead;
      document.write(decoded(() => decoder.decode(slice.subarray(0, read), { stream: read > 0 })));
      // Nothing of it is believed yet, and no limit of the thread counts these bytes.
      if (full) throw new MetadataError('it names more than is kept of one federation');
    }
  } finally {
    await file.close();
  }
  const root = document.end();
  if (!root.several) throw new MetadataError('it is about one entity: declare it under applications');
  checkAggregate(root, now);
  records = grown(records, starts.at(-1) as number);
  return { root, ids, starts: Uint32Array.from(starts), records, skipped, reasons };
};

/** The same in an array of so many bytes. */
function grown(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes.subarray(0, length));
  return larger;
}

function decoded(decode: () => string): string {
  try {
    return decode();
  } catch {
    throw new MetadataError('it is not UTF-8');
  }
}

const KEPT = 256;

/** Finds service providers in an aggregate; of those asked for lately it keeps what was made of their record. */
export class Lookup<T> {
  readonly #aggregate: Aggregate;
  readonly #make: (record: ProviderRecord) => T;
  readonly #places: ReadonlyMap<string, number>;
  readonly #made = new Map<string, T>();

  constructor(aggregate: Aggregate, make: (record: ProviderRecord) => T) {
    this.#aggregate = aggregate;
    this.#make = make;
    this.#places = new Map(aggregate.ids.map((id, i) => [id, i]));
  }

  find(entityId: string): T | undefined {
    const made = this.#made.get(entityId);
    if (made) return made;
    const place = this.#places.get(entityId);
    if (place === undefined) return undefined;
    const { starts, records } = this.#aggregate;
    const json = Buffer.from(records.buffer, records.byteOffset).toString('utf8', starts[place], starts[place + 1]);
    const one = this.#make(JSON.parse(json) as ProviderRecord);
    if (this.#made.size >= KEPT) this.#made.delete(this.#made.keys().next().value as string);
    this.#made.set(entityId, one);
    return one;
  }
}
