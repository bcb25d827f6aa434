import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Act, Acted, Answer } from '../../command/command.ts';
import { answerIn, refusal } from '../../command/run.ts';
import { shownDifference } from '../../command/tables/configuration.ts';
import { ConfigurationError, readConfig } from '../../config.ts';
import { perform } from '../reach.ts';

/** `stile config diff [FILE]` and `stile config apply [FILE]`: the file is sent, with all it names. */
export const configurationAct =
  (what: 'diff' | 'apply'): Act =>
  async ({ file }): Promise<Acted> => {
    const path = file ?? process.env.STILE_CONFIG;
    if (typeof path !== 'string') throw new Error('Name a configuration file, or set STILE_CONFIG.');
    const { status, body } = await perform(`configuration.${what}`, sent(resolve(path)));
    const answer = await answerIn(body);
    if (status >= 400) return { answer, code: status < 500 ? 1 : 3, said: refusal({}, answer, {}) };
    const [some, said] = [differs(answer), shownDifference(answer, what)];
    return { answer, code: what === 'diff' && some ? 4 : 0, said };
  };

/** That file and every one it names, as they are read; whether they are right is for the server to say. */
function sent(path: string): { file: string; files: Record<string, string> } {
  const files: Record<string, string> = { [path]: readFileSync(path, 'utf8') };
  const readFile = (name: string): string => {
    files[name] = readFileSync(name, 'utf8');
    return files[name];
  };
  try {
    const { STILE_SECRET: _, STILE_SECRET_FILE: __, ...env } = process.env;
    readConfig({ env: { ...env, STILE_CONFIG: path }, readFile });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
  }
  return { file: path, files };
}

const differs = ({ users, applications, restart }: Answer): boolean =>
  [users, applications, restart].some((list) => (list as { what?: string }[]).some(({ what }) => what !== 'foreign'));
