/**
 * Device codes in Kv, under the hash of the code a device polls with; an index leads there from the hash of the code a
 * person types. Neither is stored. Each step is one the store can refuse: of two browsers one decides (`claim`), and of a
 * device's parallel polls one gets the answer (`spend`).
 */
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Kv } from '../../../state/kv.ts';
import type { Params } from '../ask.ts';
import { errors } from '../library.ts';
import { hash, type Reused } from '../tokens.ts';
import { mayAsk, type TryLimits } from './tries.ts';

/** In seconds: what a device has to wait between two polls (RFC 8628 section 3.2, `interval`). */
export const pollSeconds = 5;

/** Where and when a device asked, by our own eyes. */
export interface DeviceInfo {
  readonly address: string;
  /** What it called itself (User-Agent), which anybody can write. */
  readonly agent: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Identifiers of what tokens are asked for (RFC 8707). */
  readonly resources: readonly string[];
  /** Of a client with pairwise subjects. */
  readonly sector?: string;
}

export interface DeviceRequest extends AdapterPayload {
  readonly clientId: string;
  readonly params: Params;
  readonly deviceInfo: DeviceInfo & Record<string, unknown>;
  /** Seconds since the epoch. */
  readonly exp: number;
}

/** A request nobody has decided about, as it was read. */
export interface Pending {
  readonly key: string;
  readonly version: string;
  readonly request: DeviceRequest;
}

export interface DeviceCodesParts {
  readonly kv: Kv;
  readonly reused: Reused;
  readonly limits: Pick<TryLimits, 'address'>;
  readonly now: () => number;
  /** A device has asked; awaited before it is answered. */
  readonly onStarted: (request: DeviceRequest) => Promise<void>;
}

const keyOf = (deviceCode: string) => `od:${hash(deviceCode)}`;
const indexOf = (userCode: string) => `ou:${hash(userCode)}`;
const decided = (request: AdapterPayload) => request.accountId !== undefined || request.error !== undefined;

/** RFC 8628 section 3.2 names no error for it; RFC 6585 section 4 names the status. */
const tooMany = () =>
  Object.assign(new errors.SlowDown('too many codes were asked for from this address'), {
    status: 429,
    statusCode: 429,
  });

export class DeviceCodes {
  readonly #parts: DeviceCodesParts;

  constructor(parts: DeviceCodesParts) {
    this.#parts = parts;
  }

  /** The library's side: a device asks, and polls. */
  get shelf(): Pick<Adapter, 'find' | 'upsert' | 'consume' | 'destroy' | 'revokeByGrantId'> {
    const { kv, reused, limits, onStarted } = this.#parts;
    return {
      async upsert(id, { jti: _, userCode, ...request }, ttl = 1) {
        const { address } = (request as DeviceRequest).deviceInfo;
        if (!(await mayAsk(kv, address, limits))) throw tooMany();
        if (!(await kv.add(indexOf(String(userCode)), keyOf(id), ttl)))
          throw new errors.TemporarilyUnavailable('no code could be made, ask again');
        await kv.set(keyOf(id), JSON.stringify(request), ttl);
        await onStarted(request as DeviceRequest);
      },
      async find(id) {
        const key = keyOf(id);
        const entry = await kv.read(key);
        if (!entry) return undefined;
        const request = { ...JSON.parse(entry.value), jti: id } as AdapterPayload;
        if (!decided(request)) {
          // Only who waits is told to wait longer: an answer that is there is given at once.
          if (await kv.add(`${key}:p`, '1', pollSeconds)) return request;
          throw new errors.SlowDown();
        }
        const spent = await kv.spend(key);
        if (spent?.first) return request;
        await reused('DeviceCode', request);
        return { ...request, consumed: true };
      },
      async consume() {},
      destroy: (id) => kv.delete(keyOf(id)),
      async revokeByGrantId() {},
    };
  }

  /** The request this code stands for, while nobody has decided about it. */
  async pending(userCode: string): Promise<Pending | undefined> {
    const index = await this.#parts.kv.read(indexOf(userCode));
    const entry = index && (await this.#parts.kv.read(index.value));
    if (!entry) return undefined;
    const request = JSON.parse(entry.value) as DeviceRequest;
    if (decided(request) || request.inFlight || request.exp * 1000 <= this.#parts.now()) return undefined;
    return { key: index.value, version: entry.version, request };
  }

  /** The first to decide. Whoever gets true answers the device, and nobody else ever does. */
  async claim({ key, version, request }: Pending): Promise<boolean> {
    return this.#parts.kv.swap(key, version, JSON.stringify({ ...request, inFlight: true }), this.#left(request));
  }

  /** What the device is told at its next poll. Only after `claim`. */
  async answer({ key, request }: Pending, answer: AdapterPayload): Promise<void> {
    await this.#parts.kv.set(key, JSON.stringify({ ...request, ...answer }), this.#left(request));
  }

  #left = (request: DeviceRequest): number => Math.max(1, request.exp - Math.floor(this.#parts.now() / 1000));
}
