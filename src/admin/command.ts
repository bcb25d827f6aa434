import { parseArgs } from 'node:util';
import { type KeyUse, keyUses, type Rotated, type ShownKey, type ShownKeys } from './rotate.ts';
import type { Unlocked } from './unlock.ts';

export const usage = `Usage: stile <command>

  unlock USERNAME [--store local] [--json]
      Forgive the wrong answers against a person: every method that was locked or disabled by them works again.

  key list oidc|saml [--json]
      The keys that sign tokens, or SAML: which sign, which are next, which are still published.

  key rotate oidc|saml [--force] [--leaked] [--json]
      The next keys sign from now on; the old ones stay published for keys.overlap or saml.key_overlap, and new next
      ones are made. Not before everybody had the time to learn of the next ones, unless forced. --leaked replaces all
      of them at once and takes back the old ones: what they signed is believed no longer.

  saml show, saml rotate
      The same as key list saml and key rotate saml.

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
  /** Asks a server, or its database (operations.ts). Throws when neither answers. */
  perform(operation: string, asked: object): Promise<object>;
}

/** What was wanted and what is said about the answer, line by line; complaints end with 1. */
interface Command {
  readonly operation: string;
  readonly asked: Readonly<Record<string, unknown>>;
  readonly json: boolean;
  /** By the `kind` of the answer. */
  said(answer: object, terminal: Terminal): { readonly done: string } | { readonly not: string };
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
  const { operation, asked, json } = wanted;
  try {
    const answer = await terminal.perform(operation, asked);
    const said = wanted.said(answer, terminal);
    if (json) terminal.out(JSON.stringify({ ...asked, ...answer }));
    else if ('done' in said) terminal.out(said.done);
    else terminal.complain(said.not);
    return 'done' in said ? 0 : 1;
  } catch (error) {
    const { message } = error as Error;
    if (json) terminal.out(JSON.stringify({ ...asked, kind: 'failed', message }));
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
      leaked: { type: 'boolean' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [command, what, ...rest] = positionals;
  const { store, force, leaked, json } = values;
  if (command === undefined) throw new Error('A command is missing.');
  const keys = keyCommand(positionals);
  if (store !== undefined && command !== 'unlock') throw new Error('--store belongs to unlock.');
  if ((force ?? leaked) !== undefined && keys?.verb !== 'rotate')
    throw new Error('--force and --leaked belong to key rotate.');
  if (command === 'unlock') {
    if (!what || rest.length > 0) throw new Error('unlock takes one user name.');
    return unlocking(store ?? 'local', what, json);
  }
  if (command === 'saml' && !keys) throw new Error('saml takes one word more: show or rotate.');
  if (command === 'key' && !keys) throw new Error('key takes list or rotate, and then oidc or saml.');
  if (!keys) throw new Error(`${command} is not a command.`);
  const { verb, use } = keys;
  return verb === 'list' ? listing(use, json) : rotating({ use, force: force ?? false, leaked: leaked ?? false }, json);
}

/** `key list saml`, and `saml show` from when there were no others. */
function keyCommand([command, what, use, ...rest]: string[]): { verb: 'list' | 'rotate'; use: KeyUse } | undefined {
  const verb = what === 'list' || what === 'rotate' ? what : undefined;
  if (command === 'saml' && use === undefined && what === 'show') return { verb: 'list', use: 'saml' };
  if (command === 'saml' && use === undefined && what === 'rotate') return { verb: 'rotate', use: 'saml' };
  const known = keyUses.find((one) => one === use);
  return command === 'key' && verb && known && rest.length === 0 ? { verb, use: known } : undefined;
}

const unlocking = (store: string, username: string, json: boolean): Command => ({
  ...{ operation: '/unlock', asked: { store, username }, json },
  said(answer, terminal) {
    const result = answer as Unlocked;
    if (result.kind === 'not-found')
      return { not: `Nobody in the store ${store} is called ${username} (looked in ${terminal.place()}).` };
    const { username: name, credentials: n } = result;
    if (n === 0) return { done: `Nothing of ${name} was locked. Wrong answers until now are forgiven.` };
    return { done: `${name} can try again: ${n} ${n === 1 ? 'method was' : 'methods were'} locked.` };
  },
});

const listing = (use: KeyUse, json: boolean): Command => ({
  ...{ operation: '/keys/list', asked: { use }, json },
  said: (answer) => {
    const { keys, rotatesFrom, rotatesAt } = answer as ShownKeys;
    const when = rotatesAt === undefined ? `by hand, from ${day(rotatesFrom)} on` : `by schedule on ${day(rotatesAt)}`;
    return { done: `${lines(keys)}\nThe next keys sign ${when}.` };
  },
});

const rotating = (asked: { use: KeyUse; force: boolean; leaked: boolean }, json: boolean): Command => ({
  ...{ operation: '/keys/rotate', asked, json },
  said(answer) {
    const result = answer as Rotated;
    if (result.kind === 'rotated') return { done: `The next keys sign from now on.\n${lines(result.keys)}` };
    const from = new Date(result.from).toISOString();
    return {
      not: `Some applications may not know the next keys yet: wait until ${from}, or use --force and tell them.`,
    };
  },
});

const lines = (keys: readonly ShownKey[]): string =>
  keys
    .map(({ state, alg, id, createdAt, goneAt, fingerprint256 }) => {
      const gone = goneAt === undefined ? '' : `, published until ${day(goneAt)}`;
      return `${state.padEnd(8)}  ${alg}  ${fingerprint256 ? `SHA-256 ${fingerprint256}` : id}  made ${day(createdAt)}${gone}`;
    })
    .join('\n');

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
