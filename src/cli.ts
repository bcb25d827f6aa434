/** The command line: `bin/stile.mjs` runs it. What the commands are is in command/, what they do on this machine in composition/acts/. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import type { Terminal } from './command/command.ts';
import { run } from './command/run.ts';
import { backupAct } from './composition/acts/backup.ts';
import { checkAct } from './composition/acts/check.ts';
import { configurationAct } from './composition/acts/configuration.ts';
import { migrateAct } from './composition/acts/migrate.ts';
import { resealAct } from './composition/acts/reseal.ts';
import { restoreAct } from './composition/acts/restore.ts';
import { perform } from './composition/reach.ts';
import { placeOf, root, surroundings } from './composition/surroundings.ts';
import { unstarted } from './unstarted.ts';

const { stdin, stdout, stderr, env } = process;
const terminal: Terminal = {
  version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
  place: () => placeOf(surroundings()),
  out: (words) => void stdout.write(words),
  complain: (words) => void stderr.write(words),
  shows: stderr.isTTY === true && env.TERM !== 'dumb',
  over: (words) => void stderr.write(`\r\x1b[K${words}`),
  async ask(question) {
    if (!stdin.isTTY || !stderr.isTTY) return undefined;
    const lines = createInterface({ input: stdin, output: stderr });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  },
  read: (path) => (path === '-' ? text(stdin) : Promise.resolve(readFileSync(path, 'utf8'))),
  perform,
  acts: {
    /** Ends with the process. */
    async start() {
      process.setSourceMapsEnabled(true);
      await import('./main.ts');
      return new Promise(() => {});
    },
    migrate: migrateAct,
    check: checkAct,
    diff: configurationAct('diff'),
    apply: configurationAct('apply'),
    backup: backupAct,
    restore: restoreAct,
    reseal: resealAct,
  },
};

process.exitCode = await run(process.argv.slice(2), terminal, (error) => unstarted(error) ?? error.message);
