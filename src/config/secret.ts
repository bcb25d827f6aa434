import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shortestSecret, splitSecrets } from './environment.ts';

/**
 * The secret of a server that was given none, kept in its data folder. Made once: of two processes that start together
 * the later one reads what the earlier one wrote. Throws when it cannot be read or written.
 */
export function keepSecret(dataDir: string): string[] {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'secret');
  if (!existsSync(file)) {
    // Written aside and then named, so that nobody reads half of it; of two that do so at once the first one's stays.
    const aside = `${file}.${process.pid}`;
    writeFileSync(aside, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600 });
    try {
      linkSync(aside, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(aside);
    }
  }
  const secrets = splitSecrets(readFileSync(file, 'utf8'));
  if (secrets.length === 0 || secrets.some((one) => one.length < shortestSecret))
    throw new Error(`${file} holds no secret of ${shortestSecret} characters or more`);
  return secrets;
}

/** Says that the folder holds the demo's people, whose passwords are public. */
const mark = 'this-is-the-demo.txt';

export const holdsDemo = (dataDir: string): boolean => existsSync(join(dataDir, mark));
export const holdsOthers = (dataDir: string): boolean => existsSync(join(dataDir, 'secret')) && !holdsDemo(dataDir);

export function markDemo(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dataDir, mark), 'This folder was made by the demo. Its passwords are public.\n');
}
