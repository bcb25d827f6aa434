/** A real Stile for a test file: the built server as a process of its own, with its own port, database and Redis. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freshDatabase } from './postgres.ts';
import { freshRedis } from './redis.ts';

export interface Stile {
  readonly issuer: string;
  /** Where this process itself listens, whatever it is called. */
  readonly address: string;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly pid: number;
  /** Everything it printed so far. */
  output(): string;
  /** Sends SIGTERM (or another signal) and resolves with the exit code; the database stays. */
  halt(signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts it again on the same port, data and configuration (or another one). */
  again(settings?: Settings): Promise<void>;
  /** Ends everything and removes what it made. */
  stop(): Promise<void>;
}

export interface Settings {
  /** The YAML file as an object; absent runs the demo. `{issuer}` works in application addresses. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** The embedded defaults instead of Postgres and Redis. */
  readonly embedded?: boolean;
}

export const TEST_SECRET = 'a secret for tests that is long enough to be taken as one';

export async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** What a start that is expected to fail says. */
export async function startFailing(
  settings: Settings & { dataDir?: string; port?: number },
): Promise<{ code: number | null; output: string }> {
  const dataDir = settings.dataDir ?? mkdtempSync(join(tmpdir(), 'stile-'));
  const { child, output } = run(settings, dataDir, settings.port ?? (await freePort()), {});
  const code = await ended(child);
  if (!settings.dataDir) rmSync(dataDir, { recursive: true, force: true });
  return { code, output: output() };
}

export async function startStile(settings: Settings = {}): Promise<Stile> {
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), 'stile-'));
  const database = settings.embedded ? undefined : await freshDatabase();
  const redis = settings.embedded ? undefined : await freshRedis();
  const stores: Record<string, string> = {
    ...(database ? { DATABASE_URL: database.url, STILE_SECRET: TEST_SECRET } : {}),
    ...(redis ? { REDIS_URL: redis.url } : {}),
  };
  let running = run(settings, dataDir, port, stores);
  const printed: string[] = [];
  const stile: Stile = {
    issuer: settings.env?.ISSUER ?? `http://localhost:${port}`,
    address: `http://localhost:${port}`,
    dataDir,
    databaseUrl: database?.url,
    redisUrl: redis?.url,
    get pid() {
      return running.child.pid as number;
    },
    output: () => [...printed, running.output()].join(''),
    async halt(signal = 'SIGTERM') {
      running.child.kill(signal);
      return ended(running.child);
    },
    async again(next = settings) {
      printed.push(running.output());
      running = run(next, dataDir, port, stores);
      await listening(running);
    },
    async stop() {
      if (running.child.exitCode === null && running.child.signalCode === null) await stile.halt();
      await database?.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  await listening(running);
  return stile;
}

interface Running {
  readonly child: ChildProcess;
  output(): string;
}

function run(settings: Settings, dataDir: string, port: number, stores: Record<string, string>): Running {
  const file = join(dataDir, 'stile.yaml');
  if (settings.config) writeFileSync(file, stringify(settings.config));
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: {
      PATH,
      PORT: String(port),
      DATA_DIR: join(dataDir, 'data'),
      ...(settings.config ? { STILE_CONFIG: file } : {}),
      ...stores,
      ...settings.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  return { child, output: () => text };
}

/** Resolves when it says that it runs; rejects with what it said when it ends instead. */
function listening({ child, output }: Running): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      if (output().includes('Stile is running')) resolve();
    });
    child.once('exit', () => reject(new Error(`Stile did not start:\n${output()}`)));
  });
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}
