import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/store/database.ts';
import { freshDatabase } from '../support/postgres.ts';
import { recordStatements } from '../support/statements.ts';
import { storeContract } from './store.contract.ts';

const leftovers: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(leftovers.map((remove) => remove())));

storeContract('PostgreSQL', async () => {
  const { url, drop } = await freshDatabase();
  leftovers.push(drop);
  return [await openDatabase({ url }), await openDatabase({ url })];
});

// One folder is one process's: both doors are the same one, whose single connection makes twenty at once queue.
storeContract('PGlite', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'stile-pglite-'));
  leftovers.push(() => rm(dataDir, { recursive: true }));
  const db = await openDatabase({ dataDir });
  recordStatements(db);
  return [db, { ...db, close: async () => {} }];
});
