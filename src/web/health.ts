/** /healthz: the process answers. /readyz: everything it needs does, so that traffic may be sent here. */
import { anyone, type Routes } from './routes.ts';

/** By name, e.g. `database`; false or a throw means away. */
export type Checks = Readonly<Record<string, () => Promise<boolean>>>;

const patience = 2_000;

export function healthRoutes(routes: Routes, checks: Checks, draining: () => boolean = () => false): void {
  routes.get('/healthz', anyone, (_req, res) => {
    res.set('cache-control', 'no-store').type('text').send('alive\n');
  });
  routes.get('/readyz', anyone, async (_req, res) => {
    const answers = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, (await answered(check)) ? 'ready' : 'away'] as const),
    );
    const ready = !draining() && answers.every(([, state]) => state === 'ready');
    res.set('cache-control', 'no-store').status(ready ? 200 : 503);
    res.json({ ready, ...(draining() ? { draining: true } : {}), ...Object.fromEntries(answers) });
  });
}

/** A store that hangs must not hang the probe with it. */
async function answered(check: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, patience, false);
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
