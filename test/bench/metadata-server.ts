/**
 * Loads and renews a federation's aggregate as the server does, and says what that cost: `metadata-server.ts FILE CERT
 * FOLDER` prints MiB of memory before, at most while loading, after, at most while renewing; seconds; and the longest
 * the event loop stood still, in milliseconds.
 */
import { readFileSync, utimesSync } from 'node:fs';
import { resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { download } from '../../src/protocols/saml/providers/download.ts';
import { Providers } from '../../src/protocols/saml/providers/providers.ts';
import { inThread } from '../../src/protocols/saml/providers/thread.ts';
import { entityIdOf } from '../support/aggregate.ts';

const [file = '', certificate = '', folder = ''] = process.argv.slice(2);
const mib = () => process.memoryUsage.rss() / 1024 / 1024;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let again = () => {};
const warnings: object[] = [];
const providers = new Providers({
  catalogue: { all: () => [] },
  federations: [{ id: 'bench', file, certificates: readFileSync(certificate, 'utf8'), thirdParty: true, settings: {} }],
  folder,
  read: inThread(resolve('dist/metadata-worker.js')),
  download,
  clock: {
    now: Date.now,
    chance: () => 0.5,
    later(_ms, callback) {
      again = callback;
      return () => {};
    },
  },
  log: { warn: (about) => warnings.push(about), info: () => {} },
});

let peak = 0;
setInterval(() => {
  peak = Math.max(peak, mib());
}, 5).unref();
const delay = monitorEventLoopDelay({ resolution: 5 });

async function measured(work: () => Promise<unknown>) {
  peak = mib();
  delay.reset();
  delay.enable();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  return { peak, seconds, still: delay.max / 1e6 };
}

await pause(500);
const before = mib();
const loading = await measured(async () => {
  await providers.start();
  await providers.settled();
});
await pause(1000);
const after = mib();
utimesSync(file, new Date(), new Date());
const renewing = await measured(async () => {
  again();
  await providers.settled();
});
const known = providers.byEntityId(entityIdOf(7))?.provider.signingKeys.length ?? 0;
console.log(JSON.stringify({ before, loading, after, renewing, known, warnings }));
process.exit(0);
