interface Running {
  readonly url: string;
  readonly port: number;
  /** Its folder. */
  readonly data: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A PostgreSQL of its own on a free port, empty, or following another; ends with `stop()`, at the latest with this process. */
export function startPostgres(options?: { durable?: boolean; standbyOf?: Running }): Promise<Running>;
