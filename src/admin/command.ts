import { parseArgs } from 'node:util';

export const usage = `Usage: stile <command>

  unlock USERNAME [--store local] [--json]
      Forgive the wrong answers against a person: every method that was locked or disabled by them works again.

  saml show [--json]
      The certificates that SAML service providers find in our metadata: which sign, which are next.

  saml rotate [--force] [--json]
      The next SAML keys sign from now on; the old ones stay published for saml.key_overlap, and new next ones are
      made. Not before service providers had the time to learn of the next ones, unless forced.

  --help       this text
  --version    the version

The command needs the environment of its server: it talks to the one running on the same DATA_DIR, or opens its
database (DATABASE_URL) when none runs. Without STILE_CONFIG that is the demo's.
Exit codes: 0 done, 1 no such person or too soon, 2 the command was not understood, 3 neither server nor database answered.`;

export interface Terminal {
  readonly version: string;
  /** Where people are looked up, for whoever finds nobody. */
  place(): string;
  out(line: string): void;
  complain(line: string): void;
  /** Asks a server, or its database, by an operation's id (operations/table.ts). Throws when neither answers. */
  perform(operation: string, input: Readonly<Record<string, unknown>>): Promise<{ status: number; body: Answer }>;
}

/** What an operation answers, or a problem (api/problem.ts). */
type Answer = Readonly<Record<string, unknown>>;

/** What was wanted, and what is said about the answer, line by line. */
interface Command {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly json: boolean;
  done(answer: Answer): string;
  /** By the end of the problem's type; what is not here is said in the problem's own words. These end with 1. */
  readonly not: Readonly<Record<string, (answer: Answer, terminal: Terminal) => string>>;
}

/** Runs one command line; returns the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<0 | 1 | 2 | 3> {
  let wanted: Command | 'help' | 'version';
  try {
    wanted = understand(args);
  } catch (error) {
    terminal.complain(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (wanted === 'help' || wanted === 'version') {
    terminal.out(wanted === 'help' ? usage : terminal.version);
    return 0;
  }
  const { operation, input, json } = wanted;
  try {
    const { status, body } = await terminal.perform(operation, input);
    if (json) terminal.out(JSON.stringify(body));
    if (status < 400) {
      if (!json) terminal.out(wanted.done(body));
      return 0;
    }
    const why = wanted.not[String(body.type).split(':').at(-1) as string];
    terminal.complain(why ? why(body, terminal) : String(body.detail ?? body.title));
    return status < 500 ? 1 : 3;
  } catch (error) {
    const { message } = error as Error;
    if (json) terminal.out(JSON.stringify({ title: message }));
    terminal.complain(message);
    return 3;
  }
}

/** Throws a sentence when it is not understood. */
function understand(args: readonly string[]): Command | 'help' | 'version' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
      store: { type: 'string' },
      force: { type: 'boolean' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [command, what, ...rest] = positionals;
  const { store, force, json } = values;
  if (command === undefined) throw new Error('A command is missing.');
  const saml = command === 'saml' && (what === 'show' || what === 'rotate') ? what : undefined;
  if (store !== undefined && command !== 'unlock') throw new Error('--store belongs to unlock.');
  if (force !== undefined && saml !== 'rotate') throw new Error('--force belongs to saml rotate.');
  if (command === 'unlock') {
    if (!what || rest.length > 0) throw new Error('unlock takes one user name.');
    return unlocking(store ?? 'local', what, json);
  }
  if (command !== 'saml') throw new Error(`${command} is not a command.`);
  if (!saml || rest.length > 0) throw new Error('saml takes one word more: show or rotate.');
  return saml === 'show' ? showing(json) : rotating(force ?? false, json);
}

const unlocking = (store: string, username: string, json: boolean): Command => ({
  ...{ operation: 'users.unlock', input: { user: `${store}:${username}` }, json },
  done({ username: name, credentials: n }) {
    if (n === 0) return `Nothing of ${name} was locked. Wrong answers until now are forgiven.`;
    return `${name} can try again: ${n} ${n === 1 ? 'method was' : 'methods were'} locked.`;
  },
  not: {
    'not-found': (_, terminal) => `Nobody in the store ${store} is called ${username} (looked in ${terminal.place()}).`,
  },
});

const showing = (json: boolean): Command => ({
  ...{ operation: 'saml.keys.list', input: {}, json, not: {} },
  done: ({ keys }) => lines(keys as readonly Key[]),
});

const rotating = (force: boolean, json: boolean): Command => ({
  ...{ operation: 'saml.keys.rotate', input: { force }, json },
  done: ({ keys }) => `The next keys sign from now on.\n${lines(keys as readonly Key[])}`,
  not: {
    'too-soon': ({ from }) =>
      `Some service providers may not know the next keys yet: wait until ${from}, or use --force and tell them.`,
  },
});

type Key = Readonly<Record<'state' | 'alg' | 'not_after' | 'fingerprint_sha256', string>>;

const lines = (keys: readonly Key[]): string =>
  keys
    .map(
      ({ state, alg, not_after, fingerprint_sha256 }) =>
        `${state.padEnd(8)}  ${alg}  until ${not_after.slice(0, 10)}  SHA-256 ${fingerprint_sha256}`,
    )
    .join('\n');
