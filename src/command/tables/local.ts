import type { Command, Taken } from '../command.ts';

const file: Taken = { field: 'file', about: 'A file', kind: 'file' };

/** Done on this machine, by what the composition root hands in under these names. */
export const localCommands: readonly Command[] = [
  { words: ['start'], act: 'start', about: 'Run the server until it is told to stop (SIGTERM drains)' },
  {
    words: ['migrate'],
    act: 'migrate',
    about: 'Bring the database up to date and exit; every start of the server does the same',
    options: [
      { field: 'check', kind: 'flag', about: 'Only say what would be run; ends with 4 when there is something' },
    ],
  },
  {
    words: ['config', 'check'],
    act: 'check',
    about: 'Every mistake in the environment and the configuration file, as a start would name them, without starting',
    takes: [{ ...file, about: 'The file; without it that of STILE_CONFIG', required: false }],
  },
  {
    words: ['config', 'diff'],
    act: 'diff',
    about: 'What applying this file would change in the running installation; ends with 4 when there is something',
    takes: [{ ...file, about: 'The file; without it that of STILE_CONFIG', required: false }],
  },
  {
    words: ['config', 'apply'],
    act: 'apply',
    about: 'Apply the people and applications of this file without a restart, and say what takes one',
    takes: [{ ...file, about: 'The file; without it that of STILE_CONFIG', required: false }],
  },
  {
    words: ['backup'],
    act: 'backup',
    about: 'Write everything durable, as it stands at one moment, into one file; secrets stay sealed',
    takes: [{ ...file, about: 'Where to, - for standard output' }],
    options: [{ field: 'force', kind: 'flag', about: 'Replace the file when there is one' }],
  },
  {
    words: ['restore'],
    act: 'restore',
    about: 'Put a backup in the place of an empty database, all or nothing, and migrate it; no server may run',
    takes: [{ ...file, about: 'What backup wrote' }],
    options: [{ field: 'force', kind: 'flag', about: 'Throw away what the database holds now' }],
  },
  {
    words: ['completion'],
    act: 'completion',
    about: 'What a shell needs to complete commands: source <(stile completion bash)',
    takes: [{ field: 'shell', about: 'Whose', kind: 'text', choices: ['bash', 'zsh', 'fish'] }],
  },
];
