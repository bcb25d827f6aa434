interface Running {
  readonly url: string;
  readonly port: number;
  /** Its folder. */
  readonly data: string;
  readonly pid: number;
  /** Ends it as a restart does; what it stored stays. */
  halt(): Promise<void>;
  /** Starts it again where it was. */
  again(): Promise<void>;
  stop(): Promise<void>;
}

/** A PostgreSQL of its own on a free port, empty, or following another; ends with `stop()`, at the latest with this process. */
export function startPostgres(options?: { durable?: boolean; standbyOf?: Running }): Promise<Running>;
