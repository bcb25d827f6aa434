import { setTimeout as wait } from 'node:timers/promises';
import { StoreAway } from '../domain/store-away.ts';
import { watched } from '../domain/watching.ts';
import { redisAddress } from './address.ts';
import { type Connection, connect } from './connection.ts';

export interface WireOptions {
  /** redis://, redis+sentinel:// or redis+cluster://, or the same with rediss: see address.ts. */
  readonly url: string;
  /** Put before every key, so that several installations may share one Redis. */
  readonly prefix?: string;
  /**
   * Called once for each write to the socket that a caller then waits for. We gather the commands ourselves and hold the
   * socket until all are in it, which is one write, so this counts trips and does not estimate them. Of a cluster's sockets
   * all are written to at once, and that is one trip too.
   */
  readonly onTrip?: () => void;
  /** The connection was lost, or could not be made; once until it is back. Callers get StoreAway. */
  readonly onAway?: (error: Error) => void;
  readonly onBack?: () => void;
  /** Milliseconds one command may take, and the time a lost connection has to come back; two seconds. */
  readonly patience?: number;
}

type Command = readonly [name: string, ...args: (string | number)[]];
type Waiting = { command: Command; resolve: (reply: unknown) => void; reject: (error: Error) => void };

/** What Redis says while it cannot serve, as opposed to a mistake of ours. */
const awayReplies = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|OOM|MISCONF|NOREPLICAS|BUSY)\b/;

/** How often a lost connection is looked at while commands wait for it, in milliseconds. */
const LOOK_MS = 10;

/**
 * The connection to Redis. Commands issued in the same turn of the event loop share one trip. A command is never kept
 * for later: when Redis stays away its caller has been told so, and nothing happens behind its back afterwards.
 */
export class Wire {
  private readonly connection: Connection;
  private readonly patience: number;
  private readonly onTrip: () => void;
  private batch: Waiting[] = [];
  private coming: Promise<boolean> | undefined;

  constructor(options: WireOptions) {
    this.patience = options.patience ?? 2000;
    this.onTrip = options.onTrip ?? (() => {});
    this.connection = connect(redisAddress(options.url), {
      ...(options.prefix === undefined ? {} : { keyPrefix: options.prefix }),
      patience: this.patience,
    });
    let away = false;
    this.connection.onAway((error) => {
      if (!away) options.onAway?.(withoutCommand(error));
      away = true;
    });
    this.connection.onBack(() => {
      if (away) options.onBack?.();
      away = false;
    });
  }

  /** True when all keys may be read by one command. */
  get oneSlot(): boolean {
    return this.connection.oneSlot;
  }

  send(...command: Command): Promise<unknown> {
    return watched('redis', command[0], () => this.queue(command));
  }

  private queue(command: Command): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.batch.push({ command, resolve, reject }) === 1) setImmediate(() => this.flush());
    });
  }

  /** True when every key can be served. */
  async healthy(): Promise<boolean> {
    try {
      return (this.connection.ready() || (await this.back())) && (await this.connection.healthy());
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    this.connection.close();
  }

  private async flush(): Promise<void> {
    const batch = this.batch;
    this.batch = [];
    if (!this.connection.ready() && !(await this.back())) {
      for (const one of batch) one.reject(new StoreAway('Redis'));
      return;
    }
    this.onTrip();
    // One write for all of them; ioredis would do that in a pipeline too, for twice the work.
    const sockets = this.connection.sockets();
    for (const socket of sockets) socket.cork();
    for (const { command, resolve, reject } of batch) {
      const [name, ...args] = command;
      this.connection.call(name, args).then(resolve, (error) => reject(judged(error)));
    }
    for (const socket of sockets) socket.uncork();
  }

  /** True when the connection is back before patience runs out; all who wait, wait for one clock. */
  private back(): Promise<boolean> {
    this.coming ??= this.look().finally(() => {
      this.coming = undefined;
    });
    return this.coming;
  }

  private async look(): Promise<boolean> {
    const until = performance.now() + this.patience;
    while (!this.connection.ready()) {
      if (this.connection.ended() || performance.now() >= until) return false;
      await wait(LOOK_MS);
    }
    return true;
  }
}

/** ioredis hangs the command on its errors: the password it logged in with, a value, a key. None of it may reach a log. */
function withoutCommand(error: Error): Error {
  delete (error as { command?: unknown }).command;
  return error;
}

const judged = (error: Error): Error =>
  withoutCommand(error).name === 'ReplyError' && !awayReplies.test(error.message)
    ? error
    : new StoreAway('Redis', error);
