import type { Command, Taken } from './command.ts';
import { aboutOf, optionName, optionsOf, wordsOf } from './fields.ts';
import { commands } from './table.ts';

/** What this shell has to read to complete commands, made of the table; nothing of it is asked of Stile later. */
export const completionOf = (shell: keyof typeof scripts): string => scripts[shell]();

/** What may follow each beginning of a command: `user` is followed by `list`, `show` and so on. */
function beginnings(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { words } of commands)
    for (const [i, word] of words.entries()) {
      const before = words.slice(0, i).join(' ');
      found.set(before, [...new Set([...(found.get(before) ?? []), word])]);
    }
  return found;
}

const takesValue = ({ kind }: Taken): boolean => kind !== 'flag' && kind !== 'switch';

const namesOf = (command: Command): string[] => [
  ...optionsOf(command).flatMap(({ field, kind }) =>
    kind === 'switch' ? [`--${optionName(field)}`, `--no-${optionName(field)}`] : [`--${optionName(field)}`],
  ),
  ...(command.sure ? ['--yes'] : []),
  '--json',
  '--help',
];

const choicesOf = (command: Command): string[] => wordsOf(command).flatMap(({ choices }) => [...(choices ?? [])]);

/** A command's own words stand before the words that only begin it. */
function bash(): string {
  const own = commands
    .toSorted((a, b) => b.words.length - a.words.length)
    .map((one) => {
      const called = one.words.join(' ');
      return `    "${called}"|"${called} "*) words="${[...choicesOf(one), ...namesOf(one)].join(' ')}" ;;`;
    });
  const begun = [...beginnings()].map(
    ([before, words]) => `    "${before}") words="$words ${[...words, '--help'].join(' ')}" ;;`,
  );
  const values = commands.flatMap((one) =>
    optionsOf(one)
      .filter((option) => takesValue(option))
      .map(({ field, kind, choices = [] }) => ({
        ...{ field, called: one.words.join(' ') },
        value: kind === 'file' ? '-f' : `-W "${choices.join(' ')}"`,
      })),
  );
  const valued = values.map(
    ({ field, called, value }) =>
      `    "${called} "*"--${optionName(field)}") COMPREPLY=($(compgen ${value} -- "$typing")); return ;;`,
  );
  return `_stile() {
  local word line="" words="" typing="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) line="\${line:+$line }$word" ;; esac
  done
  case "$line \${COMP_WORDS[COMP_CWORD-1]}" in
${valued.join('\n')}
  esac
  case "$line" in
${own.join('\n')}
  esac
  case "$line" in
${begun.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$typing"))
}
complete -o default -F _stile stile`;
}

const zsh = (): string => `autoload -U +X compinit bashcompinit && compinit && bashcompinit\n${bash()}`;

function fish(): string {
  const said = (text: string) => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
  const when = (called: string) => said(`__stile_at ${said(called).replaceAll("'", '"')}`);
  const begun = [...beginnings()].map(
    ([before, words]) => `complete -c stile -f -n ${when(before)} -a ${said(words.join(' '))}`,
  );
  const own = commands.flatMap((one) => {
    const called = `${one.words.join(' ')}*`;
    const choices = choicesOf(one).join(' ');
    return [
      `complete -c stile -n ${when(called)} -l json -d ${said('The answer as JSON')}`,
      ...(choices ? [`complete -c stile -f -n ${when(called)} -a ${said(choices)}`] : []),
      ...optionsOf(one).map((option) => {
        const value = takesValue(option) ? ` -r${option.choices ? ` -a ${said(option.choices.join(' '))}` : ''}` : '';
        return `complete -c stile -n ${when(called)} -l ${optionName(option.field)}${value} -d ${said(option.about || aboutOf(one))}`;
      }),
    ];
  });
  return `function __stile_at
  set -l words (string match -v -- '-*' (commandline -opc)[2..])
  string match -q -- $argv[1] "$words"
end
${[...begun, ...own].join('\n')}`;
}

const scripts = { bash, zsh, fish } as const;
