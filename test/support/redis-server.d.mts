/** A Redis of its own on a free port (or the given one, to come back where it was); ends with `stop()`. */
export function startRedis(options?: {
  port?: number;
}): Promise<{ url: string; port: number; pid: number; stop(): Promise<void> }>;
