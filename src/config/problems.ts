import type { z } from 'zod';

/** One thing wrong with the configuration. */
export interface Problem {
  /** Where it stands: `users[1].password`, or the name of an environment variable. */
  readonly at: string;
  /** What is wrong and what is allowed, as the end of a sentence that begins with `at`. */
  readonly wrong: string;
  /** In the YAML file, for finding the line. */
  readonly path?: readonly PropertyKey[];
}

/** Every problem at once, so that nobody starts the server eight times to mend eight mistakes. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
    super(`The configuration has ${count}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

/** `applications[0].oidc.redirect_uris[1]` */
export const spell = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    '',
  );

export const problem = (path: readonly PropertyKey[], wrong: string): Problem => ({ at: spell(path), wrong, path });

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
};

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return 'a number';
  return kinds[typeof value] ?? typeof value;
}

/** What zod found, in our words. `value` is what stands there. */
export function describe(issue: z.core.$ZodIssue, value: unknown): Problem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const wrongs = issue.message.split('\n');
    return issue.keys.map((key, i) => problem([...path, key], wrongs[i] ?? 'is not a known key'));
  }
  if (issue.code === 'invalid_type') {
    const expected = kinds[issue.expected] ?? issue.expected;
    if (value === undefined) return [problem(path, `is missing; it is ${expected}`)];
    const quote = expected === 'text' && typeof value !== 'object' ? ': put it in quotes' : '';
    return [problem(path, `is ${kindOf(value)}, and has to be ${expected}${quote}`)];
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    if (value === undefined) return [problem(path, `is missing; allowed: ${allowed.join(', ')}`)];
    return [problem(path, `is ${JSON.stringify(value)}; allowed: ${allowed.join(', ')}`)];
  }
  return [problem(path, issue.message)];
}

/** "is not a known key" with the nearest that is, or with all of them when none is near. */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near ? `is not a known key; did you mean ${near}?` : `is not a known key; known are ${known.join(', ')}`;
}

/** The known word a slip of the keyboard away, if there is one; `slips` at most, or one in three letters. */
export function nearest(word: string, known: readonly string[], slips?: number): string | undefined {
  const ranked = known.map((one) => ({ one, away: distance(word.toLowerCase(), one.toLowerCase()) }));
  const best = ranked.sort((a, b) => a.away - b.away)[0];
  return best && best.away <= (slips ?? Math.max(1, Math.floor(best.one.length / 3))) ? best.one : undefined;
}

/** Levenshtein's, row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
