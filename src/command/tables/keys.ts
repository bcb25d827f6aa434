import type { Answer, Command } from '../command.ts';
import { table } from '../print.ts';

type Key = Readonly<Record<'state' | 'alg' | 'id', string>> &
  Readonly<Partial<Record<'created_at' | 'gone_at' | 'fingerprint_sha256', string>>>;

const day = (at: unknown): string => String(at).slice(0, 10);

const lines = ({ keys }: Answer): string =>
  (keys as readonly Key[])
    .map(({ state, alg, id, created_at, gone_at, fingerprint_sha256 }) => {
      const called = fingerprint_sha256 ? `SHA-256 ${fingerprint_sha256}` : id;
      const gone = gone_at ? `, published until ${day(gone_at)}` : '';
      const made = created_at ? `made ${day(created_at)}` : 'held elsewhere';
      return `${state.padEnd(8)}  ${alg}  ${called}  ${made}${gone}`;
    })
    .join('\n');

const when = ({ rotates_at, rotates_from }: Answer): string => {
  if (rotates_at) return `The next keys sign by schedule on ${day(rotates_at)}.`;
  if (rotates_from) return `The next keys sign by hand, from ${day(rotates_from)} on.`;
  return 'The agent that holds them says when the next keys sign.';
};

export const keyCommands: readonly Command[] = [
  {
    words: ['key', 'list'],
    operation: 'keys.list',
    takes: ['use'],
    says: (answer) => `${lines(answer)}\n${when(answer)}`,
  },
  {
    words: ['key', 'rotate'],
    operation: 'keys.rotate',
    takes: ['use'],
    says: (answer) => `The next keys sign from now on.\n${lines(answer)}`,
    not: {
      'too-soon': ({ from }) =>
        `Some applications may not know the next keys yet: wait until ${from}, or use --force and tell them.`,
    },
  },
  {
    words: ['key', 'secrets'],
    operation: 'secrets.list',
    says: ({ items }) => table(items as readonly Answer[], ['secret', 'state', 'rows', 'tables']),
  },
  {
    words: ['key', 'reseal'],
    act: 'reseal',
    about: 'Seal by the first secret of STILE_SECRET what an older one sealed; ends with 4 when something was left',
  },
];
