/** What applying a file would change, without changing it: the same comparisons as apply.ts, and names instead of ids. */
import { isDeepStrictEqual } from 'node:util';
import type { Config, ConfiguredApplication } from '../config.ts';
import type { Application } from '../domain/application.ts';
import type { Applications } from '../store/applications.ts';
import { keyOf, type Users } from '../store/users.ts';
import { source, visible } from './apply.ts';

/** `foreign`: here from elsewhere, and left alone. */
export interface Changed {
  readonly name: string;
  readonly what: 'added' | 'changed' | 'disabled' | 'foreign';
  /** Of what is changed; a secret and what is long is told by its name only. */
  readonly fields: { field: string; from?: unknown; to?: unknown }[];
}

export interface Difference {
  readonly users: Changed[];
  readonly applications: Changed[];
}

export async function difference(
  { users, applications }: { users: Users; applications: Applications },
  declared: Pick<Config, 'users' | 'applications'>,
): Promise<Difference> {
  return {
    users: await usersOf(users, declared.users),
    applications: await applicationsOf(applications, declared.applications),
  };
}

async function usersOf(users: Users, declared: Config['users']): Promise<Changed[]> {
  const name = ({ store, username }: { store: string; username: string }) => `${store}:${keyOf(username)}`;
  const present = new Map((await users.ofSource(source)).map((user) => [name(user), user]));
  const wanted = new Set(declared.map(name));
  const found: Changed[] = [];
  for (const person of declared) {
    const known = present.get(name(person));
    if (!known) {
      const foreign = await users.byUsername(person.store, person.username);
      found.push({ name: person.username, what: foreign ? 'foreign' : 'added', fields: [] });
      continue;
    }
    const was = { ...visible(known), disabled: known.disabled && !known.held };
    const fields = differing(was, { ...visible(person), disabled: false });
    if (fields.length > 0) found.push({ name: person.username, what: 'changed', fields });
  }
  for (const [key, { username, disabled }] of present)
    if (!disabled && !wanted.has(key)) found.push({ name: username, what: 'disabled', fields: [] });
  return found;
}

async function applicationsOf(applications: Applications, declared: readonly ConfiguredApplication[]) {
  const all = new Map((await applications.page(undefined, Number.MAX_SAFE_INTEGER)).map((one) => [one.id, one]));
  const found: Changed[] = [];
  for (const one of declared) {
    const known = all.get(one.id);
    if (!known) found.push({ name: one.id, what: 'added', fields: [] });
    else if (known.source !== source) found.push({ name: one.id, what: 'foreign', fields: [] });
    else {
      const fields = differing(flat(known), flat({ ...one, disabled: false }));
      if (fields.length > 0) found.push({ name: one.id, what: 'changed', fields });
    }
  }
  const ids = declared.map(({ id }) => id);
  for (const { id, disabled, source: from } of all.values())
    if (from === source && !disabled && !ids.includes(id)) found.push({ name: id, what: 'disabled', fields: [] });
  return found;
}

/** An application with its settings beside what all have. */
function flat(one: Application): Record<string, unknown> {
  const { settings, ...rest } = one;
  const { source: _, ...fields } = rest as typeof rest & { source?: string };
  return JSON.parse(JSON.stringify({ ...fields, ...settings }));
}

const longest = 200;

function differing(was: Record<string, unknown>, is: Record<string, unknown>): Changed['fields'] {
  const fields = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  return fields
    .filter((field) => !isDeepStrictEqual(was[field], is[field]))
    .map((field) => {
      const told = !/secret|password|token/.test(field) && JSON.stringify([was[field], is[field]]).length <= longest;
      return told ? { field, from: was[field], to: is[field] } : { field };
    });
}
