import * as z from 'zod';
import { operation } from './operation.ts';

export const backupOperations = [
  operation({
    id: 'backups.create',
    method: 'POST',
    path: '/backups',
    summary: 'Everything durable as it stands at one moment: the lines of a backup file, not compressed',
    permission: 'backups.create',
    input: z.strictObject({}),
    output: z.strictObject({}),
    event: 'backup.made',
    local: true,
    async perform({ backup }, _input, { at }) {
      const { manifest, lines } = await backup(at);
      return { body: {}, lines, detail: { tables: manifest.tables.length } };
    },
  }),
];
