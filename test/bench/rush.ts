/** The crowd of P9, as a process: `rush.ts ISSUER COUNT`. */
import { rush } from './crowd.ts';

const [issuer = '', count = ''] = process.argv.slice(2);
await rush(issuer, Number(count));
