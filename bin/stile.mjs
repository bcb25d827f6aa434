#!/usr/bin/env node
/** The command line. `npm start` and `npm run build` make what it runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const built = join(import.meta.dirname, '../dist/cli.js');
if (existsSync(built)) await import(built);
else {
  console.error('Stile is not built yet. Run: npm run build');
  process.exitCode = 3;
}
