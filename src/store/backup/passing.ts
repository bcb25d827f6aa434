import { type Manifest, manifestOf, type Progress } from './format.ts';

/**
 * The lines of a backup somebody else wrote, as they pass; `manifest` when they have. Throws when they end before their
 * end: only restoring proves what they say.
 */
export function passing(
  texts: AsyncIterable<string>,
  onProgress: Progress,
): { readonly lines: AsyncIterable<string>; manifest(): Manifest } {
  let manifest: Manifest | undefined;
  const end = (): never => {
    throw new Error('The server stopped before the backup was whole.');
  };
  async function* lines() {
    let [first, tail, rows, all] = ['', '', 0, 0];
    for await (const text of texts) {
      if (!manifest) {
        first += text;
        const stop = first.indexOf('\n');
        if (stop >= 0) manifest = manifestOf.parse(JSON.parse(first.slice(0, stop)));
        all = manifest?.tables.reduce((sum, table) => sum + table.rows, 0) ?? 0;
      }
      rows += text.split('\n').length - 1;
      tail = (tail + text).slice(-4096);
      if (manifest) onProgress(Math.min(rows, all), all);
      yield text;
    }
    if (!/\n\{"end":true,[^\n]*\}\n$/.test(tail)) end();
    onProgress(all, all);
  }
  return { lines: lines(), manifest: () => manifest ?? end() };
}
