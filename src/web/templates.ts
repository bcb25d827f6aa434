import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ejs from 'ejs';
import { escaped } from './html.ts';

type Template = (locals: Record<string, unknown>) => string;

/** Fills in a template by its name below `dir`, without its ending. `printed` is what `<%= %>` does to what it prints. */
export type Fill = (name: string, locals: Record<string, unknown>) => string;

/** Templates of a folder, each compiled once; with `dev` they are read again each time. */
export function templates(dir: string, dev: boolean, printed: (value: unknown) => string = escaped): Fill {
  const compiled = new Map<string, Template>();
  const template = (name: string): Template => {
    const filename = join(dir, `${name}.ejs`);
    const ready = dev ? undefined : compiled.get(filename);
    if (ready) return ready;
    const made = ejs.compile(readFileSync(filename, 'utf8'), { filename, root: dir, escape: printed, cache: !dev });
    compiled.set(filename, made);
    return made;
  };
  /** Parts are included by us: ejs would look for their files on disk each time. `/part/x`, or `x` beside the page. */
  const filled: Fill = (name, locals) => {
    const include = (part: string, more?: Record<string, unknown>) =>
      filled(posix.resolve('/', posix.dirname(name), part).slice(1), { ...locals, ...more });
    return template(name)({ ...locals, include });
  };
  return filled;
}
