import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Command, type Given, Misunderstood, type Taken } from './command.ts';
import { optionName, optionsOf, wordsOf } from './fields.ts';
import { commands } from './table.ts';

export type Understood =
  | { readonly kind: 'help'; readonly words: readonly string[] }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'command';
      readonly command: Command;
      readonly given: Given;
      readonly json: boolean;
      readonly yes: boolean;
    };

/** What every command understands. */
const everywhere = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
} as const;

/** Throws Misunderstood. */
export function understand(args: readonly string[]): Understood {
  const words = leadingWords(args);
  const command = commandOf(words);
  if (!command) {
    const { values } = parseArgs({ args: [...args], strict: false });
    if (values.version && words.length === 0) return { kind: 'version' };
    if (values.help || words[0] === 'help') return { kind: 'help', words: words.filter((one) => one !== 'help') };
    throw new Misunderstood(
      unknown(words),
      words.filter((word, i) => i === 0 && commands.some((one) => one.words[0] === word)),
    );
  }
  const { values, positionals } = parse(args, command);
  if (values.help) return { kind: 'help', words: command.words };
  const given = {
    ...positional(command, positionals.slice(command.words.length)),
    ...named(command, values),
  };
  const missing = optionsOf(command).filter(({ field, required }) => required && given[field] === undefined);
  if (missing.length > 0 && given.input === undefined)
    throw new Misunderstood(`--${optionName(missing[0]?.field as string)} is missing.`, command.words);
  return { kind: 'command', command, given, json: values.json === true, yes: values.yes === true };
}

/** Words before the first option: a command's name never stands behind one. */
function leadingWords(args: readonly string[]): string[] {
  const first = args.findIndex((arg) => arg.startsWith('-'));
  return args.slice(0, first < 0 ? args.length : first);
}

/** The command whose words these begin with; the longest. */
const commandOf = (words: readonly string[]): Command | undefined =>
  commands
    .filter((one) => one.words.every((word, i) => words[i] === word))
    .toSorted((a, b) => b.words.length - a.words.length)[0];

function unknown(words: readonly string[]): string {
  if (words.length === 0) return 'A command is missing.';
  const [first] = words as [string];
  const second = commands.filter((one) => one.words[0] === first).map((one) => one.words[1]);
  if (second.length === 0) return `${first} is not a command.`;
  const one = [...new Set(second)].join(', ');
  return words[1] === undefined ? `${first} takes one word more: ${one}.` : `${first} takes one of: ${one}.`;
}

function parse(args: readonly string[], command: Command) {
  const options: NonNullable<ParseArgsConfig['options']> = { ...everywhere };
  if (command.sure) options.yes = { type: 'boolean' };
  for (const { field, kind } of optionsOf(command)) {
    const bare = kind === 'flag' || kind === 'switch';
    options[optionName(field)] = { type: bare ? 'boolean' : 'string', ...(kind === 'list' ? { multiple: true } : {}) };
    if (kind === 'switch') options[`no-${optionName(field)}`] = { type: 'boolean' };
  }
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new Misunderstood(`${(error as Error).message.split('. ')[0]}.`, command.words);
  }
}

function positional(command: Command, rest: readonly string[]): Given {
  const wanted = wordsOf(command);
  const needed = wanted.filter(({ required }) => required !== false);
  const called = command.words.join(' ');
  const spelled = wanted.map(({ field }) => field.toUpperCase()).join(' ');
  if (rest.length < needed.length) throw new Misunderstood(`${called} takes ${spelled}.`, command.words);
  if (rest.length > wanted.length)
    throw new Misunderstood(`${called} takes ${spelled || 'no word more'}: ${rest.at(-1)} is too much.`, command.words);
  return Object.fromEntries(
    rest.map((text, i) => [(wanted[i] as Taken).field, readAs(command, wanted[i] as Taken, text)]),
  );
}

function named(command: Command, values: Readonly<Record<string, unknown>>): Given {
  const given: Record<string, unknown> = {};
  for (const taken of optionsOf(command)) {
    const name = optionName(taken.field);
    const value = values[name];
    if (values[`no-${name}`]) given[taken.field] = false;
    else if (Array.isArray(value)) given[taken.field] = value.filter((one) => one !== '');
    else if (value !== undefined)
      given[taken.field] = typeof value === 'string' ? readAs(command, taken, value) : value;
  }
  return given;
}

function readAs({ words }: Command, { field, kind, choices, empty }: Taken, text: string): unknown {
  if (text === '' && empty) return null;
  const wrong = (what: string) => new Misunderstood(`${field}: ${JSON.stringify(text)} ${what}.`, words);
  if (choices && !choices.includes(text)) throw wrong(`is not one of ${choices.join(', ')}`);
  if (kind === 'number') {
    if (!/^-?\d{1,15}$/.test(text)) throw wrong('is no number');
    return Number(text);
  }
  if (kind !== 'json') return text;
  try {
    return JSON.parse(text);
  } catch {
    throw wrong('is not JSON');
  }
}
