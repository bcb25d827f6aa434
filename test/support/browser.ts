import { type Browser, chromium } from 'playwright-core';

/** The run's Chromium, headless. Close it; contexts and pages go with it. */
export function launchBrowser(): Promise<Browser> {
  const unsandboxed = process.getuid?.() === 0 || process.env.CI ? ['--no-sandbox'] : [];
  return chromium.launch({
    executablePath: process.env.TEST_CHROMIUM_PATH!,
    args: [...unsandboxed, '--disable-dev-shm-usage', '--disable-gpu'],
    env: { ...process.env, ...JSON.parse(process.env.TEST_CHROMIUM_ENV ?? '{}') },
  });
}
