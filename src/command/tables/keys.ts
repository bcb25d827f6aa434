import type { Answer, Command } from '../command.ts';

type Key = Readonly<Record<'state' | 'alg' | 'not_after' | 'fingerprint_sha256', string>>;

const lines = ({ keys }: Answer): string =>
  (keys as readonly Key[])
    .map(
      ({ state, alg, not_after, fingerprint_sha256 }) =>
        `${state.padEnd(8)}  ${alg}  until ${not_after.slice(0, 10)}  SHA-256 ${fingerprint_sha256}`,
    )
    .join('\n');

export const keyCommands: readonly Command[] = [
  { words: ['saml', 'show'], operation: 'saml.keys.list', says: lines },
  {
    words: ['saml', 'rotate'],
    operation: 'saml.keys.rotate',
    says: (answer) => `The next keys sign from now on.\n${lines(answer)}`,
    not: {
      'too-soon': ({ from }) =>
        `Some service providers may not know the next keys yet: wait until ${from}, or use --force and tell them.`,
    },
  },
];
