/** Deeper than anything that somebody means; beyond a few thousand the engine itself gives up. */
const deepest = 24;

/**
 * Why JSON that was sent to us cannot be kept and put on record; undefined when it can. PostgreSQL has neither NUL nor
 * half a surrogate pair, in a name as little as in a text.
 */
export function unstorable(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string')
    return /\0|\p{Surrogate}/u.test(value) ? 'holds NUL or half a surrogate pair' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === deepest) return 'is nested too deeply';
  for (const [key, inner] of Object.entries(value)) {
    const wrong = unstorable(key) ?? unstorable(inner, depth + 1);
    if (wrong) return wrong;
  }
  return undefined;
}
