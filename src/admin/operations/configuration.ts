import * as z from 'zod';
import type { Config } from '../../config.ts';
import type { Applied } from '../apply.ts';
import type { Difference } from '../difference.ts';
import { operation } from './operation.ts';

/** What a file comes to on this server. */
export interface ConfigurationParts {
  /** Reads what was sent by the server's own environment and nothing of its disk. Throws Problem 400 with every mistake. */
  read(sent: { file: string; files: Readonly<Record<string, string>> }): Config;
  /** What this server was started with; absent where none runs. */
  readonly running?: Config;
  difference(config: Config): Promise<Difference>;
  apply(config: Config): Promise<Applied>;
}

const sent = z.strictObject({
  file: z.string().min(1).max(4096).describe('The path of the configuration file'),
  files: z.record(z.string(), z.string()).describe('By path: that file, and those it names'),
});

const changed = z.strictObject({
  name: z.string(),
  what: z.enum(['added', 'changed', 'disabled', 'foreign']),
  fields: z.array(z.strictObject({ field: z.string(), from: z.unknown().optional(), to: z.unknown().optional() })),
});

const output = z.strictObject({
  users: z.array(changed),
  applications: z.array(changed),
  restart: z.array(z.string()).describe('What of the file is taken up by the next start only'),
});

/** Lists of the file whose entries are applied while the server runs. */
const followed = ['users', 'applications'];
/** Where it was read, and what is nobody's business. */
const apart = ['file', 'secrets'];

/** What of this file the running server does not follow, by its keys. */
function restartFor(running: Config | undefined, next: Config): string[] {
  if (!running) return [];
  const text = (value: unknown) => JSON.stringify(value) ?? '';
  const keys = Object.keys(next).filter((key) => ![...followed, ...apart].includes(key)) as (keyof Config)[];
  const claims = ({ users }: Config) => [...new Set(users.flatMap((user) => Object.keys(user.claims)))];
  const known = claims(running);
  return [
    ...keys.filter((key) => text(running[key]) !== text(next[key])),
    ...claims(next).flatMap((name) => (known.includes(name) ? [] : [`users: claims: ${name}`])),
  ];
}

export const configurationOperations = [
  operation({
    id: 'configuration.diff',
    method: 'POST',
    path: '/configuration/diff',
    summary: 'What applying a configuration file would change here',
    permission: 'configuration.change',
    input: sent,
    output,
    async perform({ configuration }, input) {
      const next = configuration.read(input);
      return { body: { ...(await configuration.difference(next)), restart: restartFor(configuration.running, next) } };
    },
  }),
  operation({
    id: 'configuration.apply',
    method: 'POST',
    path: '/configuration/apply',
    summary: 'Apply the people and applications of a configuration file, as a start with it would',
    permission: 'configuration.change',
    input: sent,
    output,
    event: 'configuration.applied',
    async perform({ configuration, live }, input) {
      const next = configuration.read(input);
      const body = {
        ...(await configuration.difference(next)),
        restart: restartFor(configuration.running, next),
      };
      const { changed: done, detail } = await configuration.apply(next);
      await live?.refresh();
      for (const user of detail.users.disabled) {
        await live?.endTokens(user);
        await live?.sessions.endAll(user, 'user disabled');
      }
      return { body, detail, same: !done };
    },
  }),
];
