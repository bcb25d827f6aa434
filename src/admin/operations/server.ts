import * as z from 'zod';
import { operation } from './operation.ts';

export const serverOperations = [
  operation({
    id: 'server.show',
    method: 'GET',
    path: '/server',
    summary: 'What answers here',
    permission: 'server.read',
    input: z.strictObject({}),
    output: z.strictObject({ issuer: z.string(), version: z.string(), serving: z.boolean() }),
    perform: async ({ issuer, version, live }) => ({ body: { issuer, version, serving: live !== undefined } }),
  }),
];
