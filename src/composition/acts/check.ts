import { relative } from 'node:path';
import type { Act } from '../../command/command.ts';
import { ConfigurationError, readConfig } from '../../config.ts';
import { inspectStatements } from '../../methods/webauthn/declared.ts';
import { inspect } from '../../protocols/saml/providers/declared.ts';

/** `stile config check [FILE]` */
export const checkAct: Act = async ({ file }) => {
  const env = typeof file === 'string' ? { ...process.env, STILE_CONFIG: file } : process.env;
  try {
    const config = readConfig({ env, inspect, inspectStatements });
    const counts = { applications: config.applications.length, users: config.users.length };
    const said = `${relative(process.cwd(), config.file)} has no mistakes: ${counts.applications} applications, ${counts.users} people.`;
    return { answer: { problems: [], ...counts }, code: 0, said };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { answer: { problems: error.problems }, code: 1, said: error.message };
  }
};
