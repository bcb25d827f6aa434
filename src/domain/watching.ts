/** What takes time inside one answer. `kind` is closed, `name` says which: a verb, a statement's first word, a host. */
export type Work = 'redis' | 'sql' | 'password' | 'call' | 'mail';

/** Told when a piece of work begins; what it returns is told when it ends, with the error if there was one. */
export type Watcher = (work: Work, name: string) => (error?: unknown) => void;

const watchers = new Set<Watcher>();

/** Looks on until the returned function is called. Whoever looks on must not throw. */
export function watch(watcher: Watcher): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

/** Does the work, and tells whoever looks on; nobody looking costs nothing. Names hold nothing personal and no secret. */
export function watched<T>(work: Work, name: string, act: () => Promise<T>): Promise<T> {
  return watchers.size === 0 ? act() : told(work, name, act);
}

async function told<T>(work: Work, name: string, act: () => Promise<T>): Promise<T> {
  const ends = [...watchers].map((watcher) => watcher(work, name));
  try {
    const answer = await act();
    for (const end of ends) end();
    return answer;
  } catch (error) {
    for (const end of ends) end(error);
    throw error;
  }
}
