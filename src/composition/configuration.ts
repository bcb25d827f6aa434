/** A configuration file that is sent, for a server and for a command without one alike. A part of the composition root. */
import { Problem } from '../admin/api/problem.ts';
import { type Applying, apply } from '../admin/apply.ts';
import { difference } from '../admin/difference.ts';
import type { ConfigurationParts } from '../admin/operations/configuration.ts';
import { type Config, ConfigurationError, readConfig } from '../config.ts';
import { inspectStatements } from '../methods/webauthn/declared.ts';
import { inspect } from '../protocols/saml/providers/declared.ts';

/** `running`: what the server was started with. */
export const configurationFor = (applying: Omit<Applying, 'config'>, running?: Config): ConfigurationParts => ({
  ...(running ? { running } : {}),
  read({ file, files }) {
    // A path of this machine must not be read because a file that was sent names it.
    const readFile = (path: string): string => {
      const text = files[path];
      if (text === undefined) throw new Error('it was not sent');
      return text;
    };
    const { STILE_SECRET_FILE: _, ...rest } = process.env;
    const secret = running?.secrets.join(',') ?? rest.STILE_SECRET;
    try {
      const env = { ...rest, STILE_CONFIG: file, ...(secret === undefined ? {} : { STILE_SECRET: secret }) };
      return { ...readConfig({ env, readFile, inspect, inspectStatements }), secrets: running?.secrets ?? [] };
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const errors = error.problems.map((detail) => ({ in: 'body', field: '', detail }));
      throw new Problem('invalid-input', 'The configuration file has mistakes:', { more: { errors } });
    }
  },
  difference: (config) => difference(applying, config),
  apply: (config) => apply({ ...applying, config }),
});
