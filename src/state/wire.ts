import { Redis } from 'ioredis';
import { StoreAway } from '../domain/store-away.ts';

export interface WireOptions {
  /** redis:// or rediss:// */
  readonly url: string;
  /** Put before every key, so that several installations may share one Redis. */
  readonly prefix?: string;
  /**
   * Called once for each write to the socket that a caller then waits for. We gather the commands ourselves and hold the
   * socket until all are in it, which is one write, so this counts trips and does not estimate them.
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
const awayReplies = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|MISCONF|NOREPLICAS|BUSY)\b/;

/**
 * The connection to Redis. Commands issued in the same turn of the event loop share one trip. A command is never kept
 * for later: when Redis stays away its caller has been told so, and nothing happens behind its back afterwards.
 */
export class Wire {
  private readonly redis: Redis;
  private readonly patience: number;
  private readonly onTrip: () => void;
  private batch: Waiting[] = [];

  constructor(options: WireOptions) {
    this.patience = options.patience ?? 2000;
    this.onTrip = options.onTrip ?? (() => {});
    this.redis = new Redis(options.url, {
      ...(options.prefix === undefined ? {} : { keyPrefix: options.prefix }),
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      // What was under way when the connection broke is refused then, not when its patience runs out.
      maxRetriesPerRequest: 0,
      commandTimeout: this.patience,
      connectTimeout: this.patience,
      socketTimeout: this.patience * 2,
      retryStrategy: (tries) => Math.min(tries * 50, 500),
    });
    let away = false;
    this.redis.on('error', (error) => {
      if (!away) options.onAway?.(error);
      away = true;
    });
    this.redis.on('ready', () => {
      if (away) options.onBack?.();
      away = false;
    });
  }

  send(...command: Command): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.batch.push({ command, resolve, reject }) === 1) setImmediate(() => this.flush());
    });
  }

  async close(): Promise<void> {
    this.redis.disconnect();
  }

  private async flush(): Promise<void> {
    const batch = this.batch;
    this.batch = [];
    if (this.redis.status !== 'ready' && !(await this.back())) {
      for (const one of batch) one.reject(new StoreAway('Redis'));
      return;
    }
    this.onTrip();
    // One write for all of them; ioredis would do that in a pipeline too, for twice the work.
    const { stream } = this.redis;
    stream.cork();
    for (const { command, resolve, reject } of batch) {
      const [name, ...args] = command;
      this.redis.call(name, ...args).then(resolve, (error) => reject(judged(error)));
    }
    stream.uncork();
  }

  /** True when the connection is back before patience runs out. */
  private back(): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (ready: boolean) => () => {
        clearTimeout(timer);
        this.redis.off('ready', onReady).off('end', onEnd);
        resolve(ready);
      };
      const onReady = settle(true);
      const onEnd = settle(false);
      const timer = setTimeout(onEnd, this.patience);
      this.redis.once('ready', onReady).once('end', onEnd);
      if (this.redis.status === 'end') onEnd();
    });
  }
}

const judged = (error: Error): Error =>
  error.name === 'ReplyError' && !awayReplies.test(error.message) ? error : new StoreAway('Redis', error);
