/**
 * An organisation's accent on our pages (design.md, "Brand"): of one colour, the other three are derived, and a colour on
 * which words cannot be read is refused, naming the nearest one on which they can.
 */
import { contrast, fromHex, type Oklch, toHex } from './colour.ts';

export interface BrandColours {
  readonly accent: string;
  readonly onAccent: string;
  readonly accentDark: string;
  readonly onAccentDark: string;
}

/** WCAG 2.2, 1.4.3. */
const least = 4.5;
const light: Oklch = { l: 1, c: 0, h: 0 };
/** `--surface` in the dark. */
const dark: Oklch = { l: 0.218, c: 0.01, h: 200 };

/** `accent` as `#rrggbb`. Throws a sentence for the configuration's list of mistakes. */
export function brandColours(accent: string): BrandColours {
  const colour = fromHex(accent);
  if (!colour) throw new Error(`${accent} is not a colour: write it like #6b2fb3`);
  if (!readable(colour)) {
    throw new Error(
      `${accent} is too pale to be read on white (less than 4.5:1); the nearest that passes is ${toHex(nearest(colour))}`,
    );
  }
  const lifted = lift({ ...colour, l: 0.8 });
  return {
    accent: toHex(colour),
    onAccent: toHex(on(colour)),
    accentDark: toHex(lifted),
    onAccentDark: toHex(on(lifted)),
  };
}

/** Served after stile.css; empty without an accent. */
export function brandCss(accent: string | undefined): string {
  if (accent === undefined) return '';
  const { accent: main, onAccent, accentDark, onAccentDark } = brandColours(accent);
  const names = { accent: main, 'on-accent': onAccent, 'accent-dark': accentDark, 'on-accent-dark': onAccentDark };
  const lines = Object.entries(names).map(([name, value]) => `--brand-${name}: ${value};`);
  return `:root { ${lines.join(' ')} }\n`;
}

function readable(colour: Oklch): boolean {
  return contrast(colour, light) >= least && contrast(colour, on(colour)) >= least;
}

/** White, or ink of the same hue, whichever is clearer. */
function on(colour: Oklch): Oklch {
  const ink: Oklch = { l: 0.2, c: 0.03, h: colour.h };
  return contrast(colour, light) >= contrast(colour, ink) ? light : ink;
}

/** Darker in small steps of lightness: hue stays, and chroma as far as the screen can show it. */
function nearest(colour: Oklch): Oklch {
  let candidate = colour;
  while (!readable(candidate) && candidate.l > 0) candidate = { ...candidate, l: candidate.l - 0.005 };
  return candidate;
}

function lift(colour: Oklch): Oklch {
  let candidate = colour;
  while (contrast(candidate, dark) < least) candidate = { ...candidate, l: candidate.l + 0.005 };
  return candidate;
}
