/**
 * Somebody sits at Chromium, and every page they stand on is looked at: axe-core, in the light on a desk and in the dark
 * at 320 px; nothing cut off or sticking out; one heading; no error in the console (a CSP violation is one); and forms
 * as plain as an HtmlUnit-class browser needs them. With STILE_SCREENS=folder each page is photographed too, in both
 * themes, on a desk and on a phone, for people to look at.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const layout = readFileSync(join(import.meta.dirname, 'layout.js'), 'utf8');
const screens = process.env.STILE_SCREENS;
const wide = { width: 1280, height: 900 };
const narrow = { width: 320, height: 640 };
const phone = { width: 375, height: 720 };

/** What is wrong with the page at hand; empty when nothing is. */
type Problems = string[];

export class Sight {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the console said since the last look. */
  readonly #said: Problems = [];
  readonly #scripted: boolean;

  private constructor(context: BrowserContext, page: Page, scripted: boolean) {
    this.context = context;
    this.page = page;
    this.#scripted = scripted;
    page.on('console', (message) => {
      // The status of a page that says no is no fault of the page.
      const refused = message.text().startsWith('Failed to load resource: the server responded with a status of');
      if (message.type() === 'error' && !refused) this.#said.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.#said.push(`script: ${error.message}`));
  }

  static async at(browser: Browser, options: BrowserContextOptions = {}): Promise<Sight> {
    const context = await browser.newContext({
      viewport: wide,
      locale: 'en-GB',
      timezoneId: 'Europe/Lisbon',
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(10_000);
    return new Sight(context, await context.newPage(), options.javaScriptEnabled !== false);
  }

  /** Another tab of the same browser. */
  static async in({ context }: Sight): Promise<Sight> {
    return new Sight(context, await context.newPage(), true);
  }

  heading(): Promise<string> {
    return this.page.locator('h1').innerText();
  }

  async text(): Promise<string> {
    return (await this.page.locator('main').innerText()).replace(/\s+/g, ' ');
  }

  /** Presses the button, or else follows the link, of this name, and waits for the page it leads to. */
  async press(name: string | RegExp): Promise<void> {
    const button = this.page.getByRole('button', { name });
    const target = (await button.count()) ? button : this.page.getByRole('link', { name });
    await this.#arriving(() => target.first().click());
  }

  /** Types into the field of this label and presses Enter. */
  async fill(label: string | RegExp, value: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(value);
    await this.#arriving(() => this.page.keyboard.press('Enter'));
  }

  async #arriving(act: () => Promise<void>): Promise<void> {
    await Promise.all([this.page.waitForEvent('load'), act()]);
  }

  /** Everything that is wrong with this page; photographs it under `name` on the way. */
  async look(name: string): Promise<Problems> {
    const { page } = this;
    const found: Problems = [...this.#said.splice(0)];
    if ((await page.locator('h1').count()) !== 1) found.push('not exactly one h1');
    const forms = await firstForm(page);
    if (forms) found.push(forms);
    const views = [
      { scheme: 'light', size: wide },
      { scheme: 'dark', size: narrow },
    ] as const;
    for (const { scheme, size } of this.#scripted ? views : []) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize(size);
      const wrong = [...(await sticksOut(page)), ...(await axed(page))];
      found.push(...wrong.map((what) => `${scheme} ${size.width}: ${what}`));
    }
    if (screens) await this.#photograph(name);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(wide);
    return [...found, ...this.#said.splice(0)].map((what) => `${name}: ${what}`);
  }

  async #photograph(name: string): Promise<void> {
    mkdirSync(screens as string, { recursive: true });
    for (const scheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme: scheme });
      for (const size of [wide, phone]) {
        await this.page.setViewportSize(size);
        const path = join(screens as string, `${name}.${size.width}.${scheme}.png`);
        await this.page.screenshot({ path, fullPage: true });
      }
    }
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

/** On a page of the sign-in, Enter presses the primary button: the first of the first POST form. */
async function firstForm(page: Page): Promise<string | undefined> {
  if (!(await page.locator('body.gate').count())) return undefined;
  const forms = page.locator('form[method="post"]');
  if (!(await forms.count())) return undefined;
  const first = forms.first().locator('button:not([type="button"])').first();
  // A page of equal choices has no primary one; its first choice is the best.
  const wanted = (await page.locator('button[name="method"]').count()) ? '.item' : '.btn.main';
  if (!(await first.and(page.locator(wanted)).count())) return `the first button of the first form is not ${wanted}`;
  return (await page.locator('.btn.main').count()) > 1 ? 'more than one primary button' : undefined;
}

async function sticksOut(page: Page): Promise<Problems> {
  return page.evaluate(layout);
}

async function axed(page: Page): Promise<Problems> {
  // By the debugger and not by a script element, which the pages' policy refuses.
  await page.evaluate(axe);
  const violations: { id: string; nodes: { html: string }[] }[] = await page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))',
  );
  return violations.map(({ id, nodes }) => `axe ${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}
