import type { Terminal } from './command.ts';

const width = 30;

/** A bar on standard error where that is a terminal, drawn at most a hundred times; nothing anywhere else. */
export function bar(terminal: Pick<Terminal, 'shows' | 'over'>, what: string): (done: number, of: number) => void {
  let shown = -1;
  return (done, of) => {
    const percent = of === 0 ? 100 : Math.floor((done / of) * 100);
    if (!terminal.shows || percent === shown) return;
    shown = percent;
    const full = Math.round((percent / 100) * width);
    terminal.over(done >= of ? '' : `${what} [${'#'.repeat(full)}${' '.repeat(width - full)}] ${percent}%`);
  };
}
