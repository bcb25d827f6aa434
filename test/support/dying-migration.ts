/** Migrates the database of its argument and is killed behind 0006, before anything is committed. */
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';

const db = await openDatabase(JSON.parse(process.argv[2] as string));
await migrate(db, { onStep: (name) => name === '0007_name_ids' && process.kill(process.pid, 'SIGKILL') });
