import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import express from 'express';
import type { Browser, BrowserContext } from 'playwright-core';
import { anyone, routes } from '../../src/web/routes.ts';
import { type Serving, serve } from '../../src/web/server.ts';
import { launchBrowser } from '../support/browser.ts';
import { demoSamples, files, strictViews, samples as walked } from './pages.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const samples = [...walked, ...demoSamples];
/** One of each look; the states of a page differ in words only. */
const shown = samples.filter(({ view, name }, index) => {
  // It sends itself away before anybody can look.
  if (view === 'saml/post') return false;
  const first = samples.findIndex((other) => other.view === view) === index;
  return (
    first || /wrong|why policy$|set up$|again|eight|locked|said: added|too-short|error of|in the same walk/.test(name)
  );
});

let serving: Serving;
let browser: Browser;
const at = (path: string) => `http://localhost:${serving.port}${path}`;
const pathOf = (name: string) => `/page/${samples.findIndex((sample) => sample.name === name)}`;

beforeAll(async () => {
  const app = express();
  routes(app)
    .get('/assets/:file', anyone, files.handler)
    .get('/page/:index', anyone, (req, res) => strictViews.render(res, samples[Number(req.params.index)]!));
  serving = await serve({ app, port: 0, host: 'localhost' });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await serving?.drain();
});

async function visit<T>(
  options: object,
  path: string,
  look: (page: Awaited<ReturnType<BrowserContext['newPage']>>) => T,
) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(at(path));
  const seen = await look(page);
  await context.close();
  return { seen, complaints };
}

const places = [
  { place: 'a desk in daylight', options: { viewport: { width: 1280, height: 900 }, colorScheme: 'light' } },
  { place: 'a phone in the dark', options: { viewport: { width: 320, height: 640 }, colorScheme: 'dark' } },
];

describe.each(places)('at $place', ({ options }) => {
  test.each(shown)('$name is accessible, fits, and stays within the content policy', async ({ name }) => {
    // axe is put in by the tool, around the policy; the page itself must not run into it.
    const { seen, complaints } = await visit(options, pathOf(name), async (page) => {
      await page.evaluate(axe);
      return page.evaluate(async () => {
        const { axe: run, document: doc } = globalThis as never as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          document: { documentElement: { scrollWidth: number; clientWidth: number } };
        };
        const { violations } = await run.run();
        const { scrollWidth, clientWidth } = doc.documentElement;
        return {
          violations: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
          sticksOut: scrollWidth > clientWidth,
        };
      });
    });
    expect(seen).toEqual({ violations: [], sticksOut: false });
    expect(complaints).toEqual([]);
  });
});

test('Show password appears with its script, shows and hides, and is never there without it', async () => {
  const { seen } = await visit({}, pathOf('password'), async (page) => {
    const button = page.getByRole('button', { name: 'Show password' });
    await page.fill('#password', 'over-the-wall');
    await button.click();
    const shownAs = await page.getAttribute('#password', 'type');
    await button.click();
    return [shownAs, await page.getAttribute('#password', 'type')];
  });
  expect(seen).toEqual(['text', 'password']);
  const without = await visit({ javaScriptEnabled: false }, pathOf('password'), (page) =>
    page.getByRole('button', { name: 'Show password' }).count(),
  );
  expect(without.seen).toBe(0);
});

test("times are in the person's zone from the second page on", async () => {
  const { seen } = await visit({ timezoneId: 'Asia/Tokyo', locale: 'en-GB' }, pathOf('locked'), async (page) => {
    const before = await page.locator('time').first().textContent();
    await page.reload();
    return [before, await page.locator('time').first().textContent()];
  });
  expect(seen).toEqual(['09:52 UTC', '18:52']);
});
