/** Pages as this configuration brands them: the files they ask for, and the views themselves. */
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Config } from '../config.ts';
import { assets } from '../web/assets.ts';
import { brandCss } from '../web/brand.ts';
import { views } from '../web/views.ts';

/** `root` is where views/, locales/ and public/ lie. */
export function openPages({ brand, issuer }: Pick<Config, 'brand' | 'issuer'>, root: string) {
  const secure = issuer.startsWith('https:');
  const logo = brand.logoFile && `logo${extname(brand.logoFile)}`;
  const made = {
    'brand.css': brandCss(brand.accent),
    ...(logo && brand.logoFile ? { [logo]: readFileSync(brand.logoFile) } : {}),
  };
  const files = assets({ dir: join(root, 'public'), made, secure });
  return {
    files,
    views: views({
      brand: { name: brand.name, logo: logo && files.href(logo), help: brand.helpUrl, privacy: brand.privacyUrl },
      dir: join(root, 'views'),
      locales: join(root, 'locales'),
      secure,
      asset: files.href,
    }),
  };
}
