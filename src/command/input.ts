import { type Given, Misunderstood, type Terminal } from './command.ts';
import { whole } from './tables/people.ts';

/** What an operation is asked with: a file of JSON, and over it what was typed. */
export async function inputOf({ input, ...typed }: Given, terminal: Pick<Terminal, 'read'>): Promise<Given> {
  const read = input === undefined ? {} : objectIn(await terminal.read(String(input)), String(input));
  const { user } = typed;
  return { ...read, ...typed, ...(user === undefined ? {} : { user: whole(user) }) };
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
