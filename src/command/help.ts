import { type Command, Misunderstood, type Taken } from './command.ts';
import { aboutOf, optionName, optionsOf, wordsOf } from './fields.ts';
import { columns, folded } from './print.ts';
import { commands } from './table.ts';

const ending = `
  --json       the answer as JSON, on one line
  --help       this text, and of a command: stile user show --help
  --version    the version

It talks to the server that runs on the same DATA_DIR, or to the one at ADMIN_URL; it opens the database itself only when
no server runs. Without STILE_CONFIG that is the demo's. Which environment it reads: docs/command-line.md.
Exit codes: 0 done, 1 refused, 2 not understood, 3 nobody answered, 4 there is something to do (config diff, migrate --check).`;

/** Help for the commands that begin with these words. Throws Misunderstood when none does. */
export function help(words: readonly string[]): string {
  const found = commands.filter((one) => words.every((word, i) => one.words[i] === word));
  const exact = commands.find((one) => one.words.join(' ') === words.join(' '));
  if (exact) return one(exact);
  if (found.length === 0) throw new Misunderstood(`${words.join(' ')} is not a command.`);
  const lines = columns(
    found.map((each) => [`  ${usage(each)}`, firstSentence(aboutOf(each))]),
    46,
  );
  return `Usage: stile ${[...words, '<command>'].join(' ')}\n\n${lines}\n${ending}`;
}

const firstSentence = (text: string): string => text.split(/[;:.] /, 1)[0] as string;

function usage(command: Command): string {
  const word = ({ field, required }: Taken) => (required === false ? `[${spelled(field)}]` : spelled(field));
  return [...command.words, ...wordsOf(command).map(word)].join(' ');
}

const spelled = (field: string): string => field.toUpperCase().replaceAll('_', '-');

function one(command: Command): string {
  const words = wordsOf(command).map((taken) => [`  ${spelled(taken.field)}`, aboutIt(taken)]);
  const options = optionsOf(command).map((taken) => [`  ${option(taken)}`, aboutIt(taken)]);
  const yes = command.sure ? [['  --yes', 'Do not ask; needed where nobody can be asked']] : [];
  const all = columns([...words, ...options, ...yes, ['  --json', 'The answer as JSON']], 34);
  return `Usage: stile ${usage(command)}\n\n${folded(`${aboutOf(command)}.`.replace(/\.\.$/, '.'), 100)}\n\n${all}`;
}

function option({ field, kind }: Taken): string {
  const name = `--${optionName(field)}`;
  if (kind === 'flag') return name;
  if (kind === 'switch') return `${name}, --no-${optionName(field)}`;
  return `${name} ${{ text: 'TEXT', number: 'N', list: 'TEXT', json: 'JSON', file: 'FILE' }[kind]}`;
}

function aboutIt({ about, choices, kind, required, empty }: Taken): string {
  const parts = [
    about,
    choices ? `one of ${choices.join(', ')}` : '',
    kind === 'list' ? 'may be given several times' : '',
    empty ? 'empty for none' : '',
    required ? 'needed' : '',
  ];
  return parts.filter(Boolean).join('; ');
}
