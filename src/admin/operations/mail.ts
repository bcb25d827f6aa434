import * as z from 'zod';
import { operation } from './operation.ts';
import { mailed } from './parts.ts';

export const mailOperations = [
  operation({
    id: 'mail.test',
    method: 'POST',
    path: '/mail/test',
    summary: 'Send a test message, and hear what the mail server says of it',
    permission: 'configuration.change',
    input: z.strictObject({ to: z.email().max(254) }),
    output: z.strictObject({ answer: z.string().describe('What the mail server said when it took the message') }),
    event: 'mail.tested',
    async perform(parts, { to }) {
      return { body: { answer: await mailed(parts, { kind: 'test', to, languages: [], data: {} }) }, detail: { to } };
    },
  }),
];
