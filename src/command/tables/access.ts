import type { Command } from '../command.ts';

export const accessCommands: readonly Command[] = [];
