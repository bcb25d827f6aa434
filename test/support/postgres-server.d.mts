/** A PostgreSQL of its own on a free port, empty; ends with `stop()`, at the latest with this process. */
export function startPostgres(options?: {
  durable?: boolean;
}): Promise<{ url: string; pid: number; stop(): Promise<void> }>;
