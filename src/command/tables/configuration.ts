import type { Answer } from '../command.ts';

interface Changed {
  readonly name: string;
  readonly what: keyof typeof signs;
  readonly fields: readonly { field: string; from?: unknown; to?: unknown }[];
}

const signs = { added: '+', changed: '~', disabled: '-', foreign: '!' } as const;

/** What a file would change, or has changed, a line each. */
export function shownDifference({ users, applications, restart }: Answer, what: 'diff' | 'apply'): string {
  const lines = [
    ...(applications as readonly Changed[]).flatMap((one) => shown('application', one)),
    ...(users as readonly Changed[]).flatMap((one) => shown('user', one)),
    ...(restart as readonly string[]).map((key) => `@ ${key}: taken up by the next start`),
  ];
  if (lines.length === 0) return 'No difference.';
  const after =
    what === 'apply' ? '\nApplied. Put the file where the server reads it: its next start goes by that one.' : '';
  return `${lines.join('\n')}${after}`;
}

function shown(kind: string, { name, what, fields }: Changed): string[] {
  const why = { added: '', changed: '', disabled: ' is disabled', foreign: ' is here from elsewhere, and left alone' };
  return [
    `${signs[what]} ${kind} ${name}${why[what]}`,
    ...fields.map(({ field, from, to }) =>
      from === undefined && to === undefined
        ? `    ${field} changes`
        : `    ${field}: ${JSON.stringify(from) ?? '(none)'} -> ${JSON.stringify(to) ?? '(none)'}`,
    ),
  ];
}
