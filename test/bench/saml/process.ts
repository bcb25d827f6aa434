/** Servers that nobody here wrote, as processes of the bench: in a folder of its own, ended by their ids. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** What is measured only where it is installed; says what to install. */
export class NotInstalled extends Error {}

/** Throws NotInstalled unless all these files are there, and whatever else is needed. */
export function installed(packages: string, files: readonly string[], works: () => boolean = () => true): void {
  if (files.every(readable) && works()) return;
  throw new NotInstalled(`not installed: apt-get install ${packages}`);
}

function readable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Group {
  readonly folder: string;
  pids(): readonly number[];
  /** Starts one more of them; what it prints is kept, and shown when something goes wrong. */
  run(command: string, args: readonly string[], env?: Readonly<Record<string, string>>): void;
  /** Resolves when that address answers with less than a 500; throws, with what was printed, when it never does. */
  answers(url: string): Promise<void>;
  stop(): Promise<void>;
}

export function group(name: string): Group {
  const folder = mkdtempSync(join(tmpdir(), `stile-bench-${name}-`));
  const children: ChildProcess[] = [];
  let printed = '';
  return {
    folder,
    pids: () => children.flatMap(({ pid }) => pid ?? []),
    run(command, args, env = {}) {
      const { PATH = '' } = process.env;
      const child = spawn(command, args, { cwd: folder, env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => {
          printed = (printed + chunk).slice(0, 10_000);
        });
      child.once('error', (error) => (printed += error.message));
      children.push(child);
    },
    async answers(url) {
      for (let attempt = 0; attempt < 120; attempt++) {
        const status = await fetch(url, { redirect: 'manual' }).then(
          (response) => response.status,
          () => 599,
        );
        if (status < 500) return;
        await wait(50);
      }
      throw new Error(`${name} does not answer:\n${printed}`);
    },
    async stop() {
      // The newest first: what stands in front goes before what it stands in front of.
      for (const child of children.reverse()) await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGINT');
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(late);
}
