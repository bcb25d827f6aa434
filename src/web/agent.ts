/** What a browser calls itself, read kindly: enough for its owner to recognise it, never enough to decide anything by. */
export interface Agent {
  readonly browser: string | undefined;
  readonly system: string | undefined;
  readonly phone: boolean;
}

/** In order: most browsers also claim to be Chrome, Safari and Mozilla. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\/|\bEdgiOS\//, 'Edge'],
  [/\bOPR\/|\bOPiOS\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\b(Headless)?Chrom(e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
];

const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
];

export function agent(header: string): Agent {
  const system = systems.find(([shape]) => shape.test(header))?.[1];
  return {
    browser: browsers.find(([shape]) => shape.test(header))?.[1],
    system,
    phone: system === 'iPhone' || system === 'iPad' || system === 'Android',
  };
}
