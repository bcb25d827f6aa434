const verbs = ['select', 'insert', 'update', 'delete', 'begin', 'commit', 'rollback'];

/** The first word of a statement, out of a closed list: what is told of it to whoever watches. */
export function verbOf(sql: string): string {
  const first = /^\s*([a-z]+)/i.exec(sql)?.[1]?.toLowerCase() ?? '';
  return verbs.includes(first) ? first : 'other';
}
