/** An emptied section is an absent one; `{issuer}` in an application's or a resource's addresses is where this server is. */
export function prepare(value: unknown, issuer: string): unknown {
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const file = Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
  const here = ['applications', 'resources']
    .filter((key) => key in file)
    .map((key) => [key, placed(file[key], issuer)]);
  return { ...file, ...Object.fromEntries(here) };
}

function placed(value: unknown, issuer: string): unknown {
  if (typeof value === 'string') return value.replaceAll('{issuer}', issuer);
  if (Array.isArray(value)) return value.map((one) => placed(one, issuer));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, placed(one, issuer)]));
}

/** Where a path leads in what was read; undefined where it leads nowhere. */
export const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
