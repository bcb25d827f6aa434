import { isDeepStrictEqual } from 'node:util';

/** For the record: the fields that differ, as they were and as they are. */
export function changes(before: object, after: object): { before: object; after: object } | undefined {
  const [was, is] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const differing = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (key) => !isDeepStrictEqual(was[key], is[key]),
  );
  if (differing.length === 0) return undefined;
  const only = (all: Record<string, unknown>) =>
    Object.fromEntries(differing.flatMap((key) => (all[key] === undefined ? [] : [[key, all[key]]])));
  return { before: only(was), after: only(is) };
}
