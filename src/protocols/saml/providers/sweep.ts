import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const DAY = 86_400_000;

/** Half-written copies that a crash left, and copies nobody has renewed for so long that no aggregate can still be good. */
const ages = [
  { name: /^(application|federation)-[\w.-]+\.part$/, most: DAY },
  { name: /^(application|federation)-[\w.-]+\.xml(\.mark)?$/, most: 90 * DAY },
] as const;

/** Removes from the folder what is of no more use. `now` in milliseconds since the epoch. */
export async function sweep(folder: string, keep: ReadonlySet<string>, now: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const age = ages.find((one) => one.name.test(name));
    const path = join(folder, name);
    if (!age || keep.has(path) || keep.has(path.replace(/\.mark$/, ''))) continue;
    const { mtimeMs } = await stat(path);
    if (now - mtimeMs > age.most) await rm(path, { force: true });
  }
}
