import { brandColours, brandCss } from '../../src/web/brand.ts';
import { contrast, fromHex, toHex } from '../../src/web/colour.ts';

const ratio = (one: string, other: string) => contrast(fromHex(one)!, fromHex(other)!);
const darkSurface = '#131a1b';

test.each(['#6b2fb3', '#00605a', '#b3261e', '#0b57d0', '#000', '#8a5a00'])(
  'derives readable colours from %s',
  (accent) => {
    const colours = brandColours(accent);
    expect(ratio(colours.accent, '#ffffff')).toBeGreaterThanOrEqual(4.5);
    expect(ratio(colours.accent, colours.onAccent)).toBeGreaterThanOrEqual(4.5);
    expect(ratio(colours.accentDark, darkSurface)).toBeGreaterThanOrEqual(4.5);
    expect(ratio(colours.accentDark, colours.onAccentDark)).toBeGreaterThanOrEqual(4.5);
  },
);

test('keeps the accent itself, puts white on it, and ink on the lifted one of the dark', () => {
  const colours = brandColours('#6b2fb3');
  expect(colours.accent).toBe('#6b2fb3');
  expect(colours.onAccent).toBe('#ffffff');
  expect(fromHex(colours.accentDark)!.l).toBeCloseTo(0.8, 1);
  expect(fromHex(colours.onAccentDark)!.l).toBeLessThan(0.3);
});

test('refuses a colour too pale to read and names the nearest that passes', () => {
  const refused = (accent: string) => {
    try {
      brandColours(accent);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  const message = refused('#ffcc00');
  expect(message).toContain('#ffcc00 is too pale');
  const named = /passes is (#[0-9a-f]{6})$/.exec(message)?.[1] as string;
  expect(() => brandColours(named)).not.toThrow();
  expect(ratio(named, '#ffffff')).toBeLessThan(5);
  expect(Math.abs(fromHex(named)!.h - fromHex('#ffcc00')!.h)).toBeLessThan(8);
});

test.each(['red', '#12', '#12345g', 'rgb(0,0,0)', '#000;}'])('refuses %s as a colour', (accent) => {
  expect(() => brandColours(accent)).toThrow('is not a colour');
});

test('writes four properties, and nothing without an accent', () => {
  expect(brandCss('#6b2fb3')).toMatch(
    /^:root \{ --brand-accent: #6b2fb3; --brand-on-accent: #\w{6}; --brand-accent-dark: #\w{6}; --brand-on-accent-dark: #\w{6}; \}\n$/,
  );
  expect(brandCss(undefined)).toBe('');
});

test('oklch and back is the same colour, and contrast is that of WCAG', () => {
  for (const hex of ['#6b2fb3', '#00ff00', '#123456', '#ffffff', '#000000']) expect(toHex(fromHex(hex)!)).toBe(hex);
  expect(ratio('#000000', '#ffffff')).toBeCloseTo(21, 1);
  expect(ratio('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});
