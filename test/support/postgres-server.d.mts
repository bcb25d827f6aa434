/** A PostgreSQL of its own on a free port, empty; ends with `stop()`, at the latest with this process. */
export function startPostgres(options?: { durable?: boolean }): Promise<{
  url: string;
  pid: number;
  /** Ends it as a restart does; what it stored stays. */
  halt(): Promise<void>;
  /** Starts it again where it was. */
  again(): Promise<void>;
  stop(): Promise<void>;
}>;
