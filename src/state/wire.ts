import { Redis } from 'ioredis';
import { StoreAway } from '../domain/store-away.ts';

export interface WireOptions {
  /** redis:// or rediss:// */
  readonly url: string;
  /** Put before every key, so that several installations may share one Redis. */
  readonly prefix?: string;
  /**
   * Called once for each write to the socket that a caller then waits for. We gather the commands ourselves and hand
   * them to ioredis as one pipeline, which is one write, so this counts trips and does not estimate them.
   */
  readonly onTrip?: () => void;
  /** Connection errors, for the log. Without it they are silent: callers get StoreAway. */
  readonly onError?: (error: Error) => void;
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
      maxRetriesPerRequest: null,
      commandTimeout: this.patience,
      connectTimeout: this.patience,
      socketTimeout: this.patience * 2,
      retryStrategy: (tries) => Math.min(tries * 50, 500),
    });
    this.redis.on('error', options.onError ?? (() => {}));
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
    const replies = await this.exchange(batch.map(({ command }) => [...command]));
    batch.forEach(({ resolve, reject }, at) => {
      const [error, reply] = replies[at] ?? [new Error('no reply')];
      if (error) reject(judged(error));
      else resolve(reply);
    });
  }

  private async exchange(commands: (string | number)[][]): Promise<[error: Error | null, reply?: unknown][]> {
    try {
      const [name, ...args] = commands[0]!;
      if (commands.length === 1) return [[null, await this.redis.call(String(name), ...args)]];
      return (await this.redis.pipeline(commands).exec()) ?? [];
    } catch (error) {
      return commands.map(() => [error as Error]);
    }
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
