import type { Application } from '../domain/application.ts';
import type { Applications } from './applications.ts';

export interface CatalogueOptions {
  /** Milliseconds between looks at the revision; five seconds. */
  readonly every?: number;
  /** A look that failed: the last good snapshot stays. */
  readonly onError?: (error: unknown) => void;
}

/** All applications in memory, following what other nodes change: sign-ins ask here and cost no statement. */
export class Catalogue {
  private readonly applications: Applications;
  private readonly options: CatalogueOptions;
  private snapshot: ReadonlyMap<string, Application> = new Map();
  private revision: string | undefined;
  private readonly listeners: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(applications: Applications, options: CatalogueOptions = {}) {
    this.applications = applications;
    this.options = options;
  }

  byId(id: string): Application | undefined {
    return this.snapshot.get(id);
  }

  all(): Application[] {
    return [...this.snapshot.values()];
  }

  /** One small read; everything is read again only when the revision moved. True when it did. */
  async refresh(): Promise<boolean> {
    // Read first: a change that comes in between is then seen twice, never missed.
    const revision = await this.applications.revision();
    if (revision === this.revision) return false;
    this.snapshot = new Map((await this.applications.all()).map((one) => [one.id, one]));
    this.revision = revision;
    for (const listener of this.listeners) listener();
    return true;
  }

  /** Calls back after every refresh that brought a change. */
  watch(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Begins to follow, after a first refresh. */
  async start(): Promise<void> {
    await this.refresh();
    this.timer ??= setInterval(() => {
      this.refresh().catch((error) => this.options.onError?.(error));
    }, this.options.every ?? 5000).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
