/** How the administration makes a backup of its own database. A part of the composition root. */
import type { Config } from '../config.ts';
import { secretsSealer } from '../state/sealer.ts';
import { spoolBackup } from '../store/backup/spooling.ts';
import type { Db } from '../store/database.ts';

export const backupFrom =
  (db: Db, { secrets, dataDir }: Pick<Config, 'secrets' | 'dataDir'>) =>
  (program: string, at: number) =>
    spoolBackup(db, { sealers: secrets.map((secret) => secretsSealer([secret])), program, at }, dataDir);
