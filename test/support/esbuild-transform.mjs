import { createHash } from 'node:crypto';
import { transform, transformSync } from 'esbuild';

const optionsFor = (file) => ({ loader: 'ts', format: 'esm', target: 'node20', sourcemap: 'inline', sourcefile: file });

/** TypeScript to JavaScript for jest: types are stripped, not checked (that is `npm run check`). */
export default {
  getCacheKey: (source, file, { configString }) =>
    createHash('sha256').update(source).update(file).update(configString).digest('hex'),
  process: (source, file) => ({ code: transformSync(source, optionsFor(file)).code }),
  processAsync: async (source, file) => ({ code: (await transform(source, optionsFor(file))).code }),
};
