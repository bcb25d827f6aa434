import type { Act } from '../../command/command.ts';
import { migrate, pending } from '../../store/migrate.ts';
import { openOrMake, openPresent, surroundings } from '../surroundings.ts';

/** `stile migrate [--check]` */
export const migrateAct: Act = async ({ check }, terminal) => {
  const around = surroundings();
  const db = await (check ? openPresent(around) : openOrMake(around));
  try {
    if (!check) {
      const migrated = await migrate(db, { onStep: (name) => terminal.shows && terminal.over(`running ${name}`) });
      if (terminal.shows) terminal.over('');
      return { answer: { migrated }, code: 0, said: migrated.length > 0 ? said('Ran', migrated) : 'Nothing to do.' };
    }
    const due = await pending(db);
    return due.length > 0
      ? { answer: { pending: due }, code: 4, said: said('To be run', due) }
      : { answer: { pending: due }, code: 0, said: 'Nothing to do.' };
  } finally {
    await db.close();
  }
};

const said = (what: string, names: readonly string[]): string =>
  `${what}:\n${names.map((name) => `  ${name}`).join('\n')}`;
