import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from '../../src/store/lock.ts';

describe('the lock on DATA_DIR', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stile-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('stops a second one, naming the process that has it, until it is released', () => {
    const release = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(`in use by process ${process.pid}`);
    release();
    lockFolder(folder)();
  });

  test('is taken over from a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((done) => child.once('exit', done));
    writeFileSync(join(folder, 'lock'), `${child.pid} 1`);
    lockFolder(folder)();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });

  test('is taken over when the process id now belongs to another process, where the system can tell', () => {
    writeFileSync(join(folder, 'lock'), `${process.ppid} 1`);
    if (existsSync('/proc/self/stat')) lockFolder(folder)();
    else expect(() => lockFolder(folder)).toThrow('in use');
  });

  test('is taken over when it is unreadable nonsense', () => {
    writeFileSync(join(folder, 'lock'), '');
    lockFolder(folder)();
  });
});
