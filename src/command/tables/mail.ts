import type { Command } from '../command.ts';

export const mailCommands: readonly Command[] = [
  {
    words: ['mail', 'test'],
    operation: 'mail.test',
    takes: ['to'],
    says: ({ answer }) => `The mail server took it. It said: ${answer}`,
  },
];
