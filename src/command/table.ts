import type { Command } from './command.ts';
import { accessCommands } from './tables/access.ts';
import { keyCommands } from './tables/keys.ts';
import { localCommands } from './tables/local.ts';
import { mailCommands } from './tables/mail.ts';
import { peopleCommands } from './tables/people.ts';

/** Every command. */
export const commands: readonly Command[] = [
  ...localCommands,
  ...peopleCommands,
  ...accessCommands,
  ...keyCommands,
  ...mailCommands,
];
