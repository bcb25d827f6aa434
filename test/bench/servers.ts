/** The two servers of the bench as processes of their own, and what the kernel says they used. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { freshRedis } from '../support/redis.ts';
import { settings } from '../support/rp.ts';
import { freePort, type Stile, startStile } from '../support/stile.ts';
import { api, refreshing } from './machine.ts';
import { client } from './visitor.ts';

export interface Running {
  readonly issuer: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export const startMeasured = (): Promise<Stile> => startStile({ config: measured() });

/** Its configuration. */
export const measured = () =>
  settings({
    resources: [{ resource: api, name: 'Bench', scopes: ['bench:read'] }],
    applications: [
      { id: 'bench', name: 'Bench', oidc: { ...client, resources: [{ resource: api }] } },
      { id: 'bench-refresh', name: 'Bench, again and again', oidc: refreshing },
    ],
  });

export async function startBare(): Promise<Running> {
  const port = await freePort();
  const child = spawn(process.execPath, ['--import', './test/support/typescript.mjs', 'test/bench/bare-server.ts'], {
    env: { PATH: process.env.PATH ?? '', PORT: String(port), REDIS_URL: (await freshRedis()).url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error('the bare server did not start')));
  });
  return {
    issuer: `http://localhost:${port}`,
    pid: child.pid as number,
    stop() {
      child.kill();
      return ended;
    },
  };
}

/** Milliseconds of processor time a process has used so far, all its threads together, in steps of ten. */
export function cpuOf(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The same of several processes and of all that came of them, as far as those still run. */
export function cpuOfAll(pids: readonly number[]): number {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          return [[Number(name), Number(statOf(Number(name))[1])] as const];
        } catch {
          return []; // Gone meanwhile.
        }
      }),
  );
  const ours = (pid: number): boolean => pids.includes(pid) || (pid > 1 && ours(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(ours).reduce((sum, pid) => sum + cpuOf(pid), 0);
}

/** MiB of memory a process holds now, and at most held so far. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = ofProcess(pid, 'status');
  const mib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  return { now: mib('VmRSS'), peak: mib('VmHWM') };
}

/** From the state on: what stands before it may hold anything. */
const statOf = (pid: number): string[] =>
  ofProcess(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');

function ofProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    throw new Error(`no /proc/${pid}/${file}: processor time and memory are measured on Linux only`);
  }
}
