/** Redis, Postgres or the agent that holds keys does not answer. Nobody's fault at the keyboard: the web room answers 503 with Retry-After. */
export class StoreAway extends Error {
  constructor(store: string, cause?: unknown) {
    super(`${store} is away`, { cause });
    this.name = 'StoreAway';
  }
}
