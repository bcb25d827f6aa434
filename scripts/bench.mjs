/** `npm run bench [-- --only P1,P2] [--json FILE]`: measures the built server; docs/decisions, "How speed is measured". */
import { build } from './build.mjs';
import { ensureInstall } from './ensure-install.mjs';

ensureInstall({ dev: true });
await build();
await import('../test/support/typescript.mjs');
const { bench } = await import('../test/bench/bench.ts');
process.exitCode = await bench(process.argv.slice(2));
