import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, onPath } from './child.mjs';

const advice =
  'the browser tests need Chromium: install it (apt-get install chromium, brew install --cask chromium), or set CHROME_PATH to any Chrome or Chromium';

/** Where Chromium is, and the environment it has to be started with. */
export function findChromium() {
  const path =
    process.env.CHROME_PATH || onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
  if (path) return { path, env: {} };
  const folder = unpack();
  if (!folder) throw new Error(advice);
  // It brings the libraries a bare machine lacks (NSS and the like).
  const env = { LD_LIBRARY_PATH: join(folder, 'al2023/lib'), FONTCONFIG_PATH: join(folder, 'fonts') };
  return { path: join(folder, 'chromium'), env };
}

/** The npm package unpacks into the system's temporary folder, so it is shown one of its own: below the cache folder. */
function unpack() {
  const folder = join(cacheFolder, 'chromium');
  if (existsSync(join(folder, 'chromium'))) return folder;
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  mkdirSync(cacheFolder, { recursive: true });
  const half = mkdtempSync(join(cacheFolder, 'chromium-'));
  const script = "const { default: chromium } = await import('@sparticuz/chromium'); await chromium.executablePath()";
  spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: half, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
  });
  mkdirSync(join(half, 'fonts'), { recursive: true });
  writeFileSync(join(half, 'fonts/fonts.conf'), fontsBelow(folder));
  try {
    if (existsSync(join(half, 'chromium'))) renameSync(half, folder);
  } catch {} // another run was quicker
  rmSync(half, { recursive: true, force: true });
  return existsSync(join(folder, 'chromium')) ? folder : undefined;
}

/** Its own file looks for fonts in the system's temporary folder: without this every page is blank. */
const fontsBelow = (folder) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;
