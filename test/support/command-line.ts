import { spawn } from 'node:child_process';

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly complaints: string;
}

/** What `stile …` says as a process of its own, without a terminal and with this environment alone. */
export function stileCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input?: string,
): Promise<Said> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, ['bin/stile.mjs', ...args], { env: { PATH, ...env } });
  let [out, complaints] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (complaints += text));
  child.stdin.end(input);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, complaints })));
}
