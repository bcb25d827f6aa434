export interface Token {
  /** Where the agent listens. */
  readonly socket: string;
  make(label: string, type: 'rsa:2048' | 'EC:prime256v1'): void;
  list(...lines: string[]): void;
  start(): Promise<{ readonly pid: number | undefined; stop(how?: { keep?: boolean }): Promise<void> }>;
}
export function openToken(): Promise<Token>;
