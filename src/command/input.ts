import { type Given, Misunderstood, type Remote, type Terminal } from './command.ts';
import { whole } from './tables/people.ts';

/** What an operation is asked with: a file of JSON, and over it what was typed. */
export async function inputOf(
  { fixed }: Remote,
  { input, ...typed }: Given,
  terminal: Pick<Terminal, 'read'>,
): Promise<Given> {
  const read = input === undefined ? {} : objectIn(await terminal.read(String(input)), String(input));
  const all: Given = { ...fixed, ...read, ...typed };
  if (all.user === undefined) return all;
  return { ...all, user: whole(all.user) };
}

function objectIn(text: string, path: string): Given {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Misunderstood(`${path} does not hold one JSON object.`);
  return value as Given;
}
