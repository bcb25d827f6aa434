import { parseArgs } from 'node:util';
import type { Unlocked } from './unlock.ts';

export const usage = `Usage: stile <command>

  unlock USERNAME [--store local] [--json]
      Forgive the wrong answers against a person: every method that was locked or disabled by them works again.

  --help       this text
  --version    the version

The command needs the environment of its server: it talks to the one running on the same DATA_DIR, or opens its
database (DATABASE_URL) when none runs. Without STILE_CONFIG that is the demo's.
Exit codes: 0 done, 1 no such person, 2 the command was not understood, 3 neither server nor database answered.`;

export interface Terminal {
  readonly version: string;
  /** Where people are looked up, for whoever finds nobody. */
  place(): string;
  out(line: string): void;
  complain(line: string): void;
  /** Throws when neither server nor database answers. */
  unlock(store: string, username: string): Promise<Unlocked>;
}

type Wanted = { help: true } | { version: true } | { username: string; store: string; json: boolean };

/** Runs one command line; returns the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<0 | 1 | 2 | 3> {
  let wanted: Wanted;
  try {
    wanted = understand(args);
  } catch (error) {
    terminal.complain(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if ('help' in wanted || 'version' in wanted) {
    terminal.out('help' in wanted ? usage : terminal.version);
    return 0;
  }
  const { username, store, json } = wanted;
  try {
    const result = await terminal.unlock(store, username);
    if (json) terminal.out(JSON.stringify({ store, username, ...result }));
    if (result.kind === 'not-found') {
      if (!json)
        terminal.complain(`Nobody in the store ${store} is called ${username} (looked in ${terminal.place()}).`);
      return 1;
    }
    if (!json) terminal.out(words(result.username, result.credentials));
    return 0;
  } catch (error) {
    const { message } = error as Error;
    if (json) terminal.out(JSON.stringify({ store, username, kind: 'failed', message }));
    terminal.complain(message);
    return 3;
  }
}

function words(username: string, credentials: number): string {
  if (credentials === 0) return `Nothing of ${username} was locked. Wrong answers until now are forgiven.`;
  return `${username} can try again: ${credentials} ${credentials === 1 ? 'method was' : 'methods were'} locked.`;
}

/** Throws a sentence when it is not understood. */
function understand(args: readonly string[]): Wanted {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
      store: { type: 'string', default: 'local' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { help: true };
  if (values.version) return { version: true };
  const [command, username, ...rest] = positionals;
  if (command === undefined) throw new Error('A command is missing.');
  if (command !== 'unlock') throw new Error(`${command} is not a command.`);
  if (!username || rest.length > 0) throw new Error('unlock takes one user name.');
  return { username, store: values.store, json: values.json };
}
