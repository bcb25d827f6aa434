import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { osUser } from '../../admin/socket.ts';
import { groupRecorder } from '../../audit/recorder.ts';
import type { Act } from '../../command/command.ts';
import { bar } from '../../command/progress.ts';
import { holdsDemo, holdsOthers, markDemo } from '../../config/secret.ts';
import { secretsSealer } from '../../state/sealer.ts';
import { NotRestored } from '../../store/backup/format.ts';
import { restoreBackup } from '../../store/backup/restoring.ts';
import { Events } from '../../store/events.ts';
import { type Around, openOrMake, secretsOf, socketIn, surroundings } from '../surroundings.ts';

/** `stile restore FILE [--force]` */
export const restoreAct: Act = async ({ file, force = false }, terminal) => {
  const path = String(file);
  if (!existsSync(path)) throw new Error(`There is no file ${path}.`);
  const around = surroundings();
  const refused = await wrongPlace(around);
  if (refused) return { answer: { title: refused }, code: 1, said: refused };
  const sealer = secretsSealer(secretsOf(around));
  if (around.demo) markDemo(around.dataDir);
  const db = await openOrMake(around);
  try {
    const progress = { checking: bar(terminal, 'checking'), restoring: bar(terminal, 'restoring') };
    const { manifest, migrated } = await restoreBackup(db, path, {
      ...{ sealer, force: force === true },
      onProgress: (what, done, of) => progress[what](done, of),
    });
    const detail = {
      by: { kind: 'local', id: osUser() },
      backup: { at: manifest.at, program: manifest.program },
      migrated,
    };
    await groupRecorder(new Events(db.knex)).record({ type: 'backup.restored', at: Date.now(), detail });
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    const said = `Restored ${rows} rows as they stood at ${manifest.at}. If you have a Redis, empty it before the first start: its sessions are of another time.`;
    return { answer: { rows, at: manifest.at, program: manifest.program, migrated }, code: 0, said };
  } catch (error) {
    if (!(error instanceof NotRestored)) throw error;
    return { answer: { title: error.message }, code: 1, said: error.message };
  } finally {
    await db.close();
  }
};

async function wrongPlace({ dataDir, demo }: Around): Promise<string | undefined> {
  const runs = await new Promise<boolean>((resolve) => {
    const probe = connect(socketIn(dataDir), () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
  if (runs) return `A server runs on ${dataDir}. Stop it first.`;
  if (demo && holdsOthers(dataDir)) return `${dataDir} belongs to a server with a configuration of its own.`;
  if (!demo && holdsDemo(dataDir)) return `${dataDir} holds the demo: take another DATA_DIR.`;
  return undefined;
}
