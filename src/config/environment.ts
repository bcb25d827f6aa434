import { resolve } from 'node:path';
import { databaseProblem, redisProblem } from './addresses.ts';
import { nearest, type Problem } from './problems.ts';
import { loopback, parsed } from './words.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type ReadFile = (path: string) => string;

/** What the environment says; a value that is wrong is absent here and named in `problems`. */
export interface Surroundings {
  /** No STILE_CONFIG: the demo, whose passwords are public. */
  readonly demo: boolean;
  /** Absolute path of the YAML file; undefined in the demo. */
  readonly file: string | undefined;
  readonly port: number;
  readonly issuer: string | undefined;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** Empty when none is given. */
  readonly secrets: readonly string[];
  readonly problems: readonly Problem[];
}

const ours = ['STILE_CONFIG', 'STILE_SECRET', 'STILE_SECRET_FILE', 'STILE_TEST_INSTALL'];

/** Shorter ones can be guessed; a random one of 32 characters cannot. */
export const shortestSecret = 32;

export function readEnvironment(env: Environment, readFile: ReadFile): Surroundings {
  const problems: Problem[] = [];
  const wrong = (at: string, words: string): undefined => void problems.push({ at, wrong: words });
  // Compose files and shells pass what is not set as an empty text.
  const given = (name: string) => env[name]?.trim() || undefined;

  for (const name of Object.keys(env).filter((one) => one.startsWith('STILE_') && !ours.includes(one))) {
    const near = nearest(name, ours, 2);
    if (near) wrong(name, `is not a known variable; did you mean ${near}?`);
  }
  const demo = given('STILE_CONFIG') === undefined;
  const port = portOf(given('PORT'), wrong);
  const databaseUrl = address('DATABASE_URL', given('DATABASE_URL'), databaseProblem, { readFile, wrong });
  const redisUrl = address('REDIS_URL', given('REDIS_URL'), redisProblem, { readFile, wrong });
  const issuer = issuerOf(given('ISSUER') ?? `http://localhost:${port}`, demo, wrong);
  const secrets = secretsOf(given('STILE_SECRET'), given('STILE_SECRET_FILE'), readFile, wrong);
  if (given('DATABASE_URL') && demo)
    wrong(
      'DATABASE_URL',
      'is set without STILE_CONFIG: the demo, whose passwords are public, keeps to its own folder. Set STILE_CONFIG to your own file',
    );
  if (given('DATABASE_URL') && !demo && !given('STILE_SECRET') && !given('STILE_SECRET_FILE'))
    wrong(
      'STILE_SECRET',
      'is missing: with DATABASE_URL every node needs the same secret, in STILE_SECRET or a file named by STILE_SECRET_FILE (make one with: openssl rand -base64 48)',
    );
  return {
    demo,
    file: demo ? undefined : resolve(given('STILE_CONFIG') as string),
    port,
    issuer,
    dataDir: resolve(given('DATA_DIR') ?? (demo ? 'data/demo' : 'data')),
    databaseUrl,
    redisUrl,
    secrets,
    problems,
  };
}

type Wrong = (at: string, words: string) => undefined;

function portOf(value: string | undefined, wrong: Wrong): number {
  if (value === undefined) return 3000;
  if (/^\d{1,5}$/u.test(value) && Number(value) >= 1 && Number(value) <= 65_535) return Number(value);
  wrong('PORT', `is ${JSON.stringify(value)}, and has to be a number from 1 to 65535`);
  return 3000;
}

function address(
  name: string,
  value: string | undefined,
  problem: (value: string, readFile: ReadFile) => string | undefined,
  { readFile, wrong }: { readFile: ReadFile; wrong: Wrong },
): string | undefined {
  if (value === undefined) return undefined;
  const words = problem(value, readFile);
  return words === undefined ? value : wrong(name, words);
}

/** An origin: discovery, cookies with __Host- and our paths leave no room for a path of its own. */
function issuerOf(value: string, demo: boolean, wrong: Wrong): string | undefined {
  const url = parsed(value);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    return wrong('ISSUER', `is ${JSON.stringify(value)}, and has to be an absolute URL like https://id.example.com`);
  if (url.origin !== value)
    return wrong(
      'ISSUER',
      `is ${JSON.stringify(value)}, and has to be written ${url.origin}: lower case, no path, query or slash at the end`,
    );
  if (demo && !loopback(url))
    return wrong(
      'ISSUER',
      `is ${value} without STILE_CONFIG: the demo, whose passwords are public, is for localhost only. Set STILE_CONFIG to your own file`,
    );
  if (url.protocol === 'http:' && !loopback(url))
    return wrong('ISSUER', `is ${value}, and has to be https (http only on localhost)`);
  return value;
}

function secretsOf(value: string | undefined, file: string | undefined, readFile: ReadFile, wrong: Wrong): string[] {
  if (value !== undefined && file !== undefined) wrong('STILE_SECRET_FILE', 'is set beside STILE_SECRET: keep one');
  const name = value === undefined ? 'STILE_SECRET_FILE' : 'STILE_SECRET';
  let written = value;
  if (written === undefined && file !== undefined) {
    try {
      written = readFile(resolve(file));
    } catch (error) {
      wrong(name, `is ${file}, which cannot be read (${(error as Error).message})`);
      return [];
    }
  }
  if (written === undefined) return [];
  const secrets = splitSecrets(written);
  if (secrets.length === 0) wrong(name, 'holds no secret');
  if (secrets.some((one) => one.length < shortestSecret))
    wrong(name, `holds a secret of less than ${shortestSecret} characters (make one with: openssl rand -base64 48)`);
  return secrets;
}

/** One a line, or separated by commas; the first is current. */
export const splitSecrets = (written: string): string[] =>
  written
    .split(/[\n,]/u)
    .map((one) => one.trim())
    .filter(Boolean);
