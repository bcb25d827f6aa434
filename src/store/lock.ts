import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Two processes on one embedded database would destroy it. */
export class FolderInUse extends Error {
  constructor(folder: string, owner: number) {
    super(`${folder} is in use by process ${owner}: stop that one, or set DATA_DIR to another folder.`);
    this.name = 'FolderInUse';
  }
}

/** When this process started, where the system tells; so that a process id given out again is not mistaken for its owner. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')')).split(' ')[20] ?? '';
  } catch {
    return '';
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Takes the folder for this process by a file `lock` in it and returns the release. Throws, naming the process, when
 * another living one has it; what a dead one left behind is taken over.
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'lock');
  const mine = `${process.pid} ${startOf(process.pid)}`;
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const theirs = read(file);
    if (theirs === undefined) continue;
    const [pid, start] = theirs.split(' ');
    const owner = Number(pid);
    if (alive(owner) && startOf(owner) === start) throw new FolderInUse(folder, owner);
    discard(file, theirs);
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Of two processes discarding one stale lock at once, the slower must not throw away the quicker one's fresh lock. */
function discard(file: string, stale: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (read(aside) !== stale) linkSync(aside, file);
  rmSync(aside, { force: true });
}
