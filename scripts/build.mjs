/**
 * Bundles src/ into dist/, and does nothing when dist/ was built from these very sources. Why a bundle, and what stays
 * outside it: docs/decisions/0003-build.md.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stamp = join(dist, 'built-from');

/** Packages that cannot be bundled: WebAssembly, native code, worker threads; and drivers that knex only mentions. */
const external = ['@electric-sql/pglite', '@node-rs/argon2', 'pino'];
const absent = [
  'better-sqlite3',
  'mariadb',
  'mysql',
  'mysql2',
  'oracledb',
  'pg-native',
  'pg-query-stream',
  'sqlite3',
  'tedious',
];

/** Bundled CommonJS still calls `require` and asks where it lies. */
const banner = `import { createRequire as requireOf } from 'node:module';
const require = requireOf(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

function fingerprint() {
  const hash = createHash('sha256');
  const add = (path) => hash.update(`${relative(root, path)}\0`).update(readFileSync(path));
  for (const folder of ['src', 'migrations', 'examples']) {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
    const sources = files.filter((file) => file.isFile() && /\.(ts|json)$/.test(file.name));
    for (const path of sources.map((file) => join(file.parentPath, file.name)).sort()) add(path);
  }
  for (const file of ['package-lock.json', 'tsconfig.json', 'scripts/build.mjs']) add(join(root, file));
  return hash.digest('hex');
}

/** A source file finds the views by where it lies itself, so it is told that in the bundle too. */
const places = {
  name: 'places',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const from = relative(dist, path).replaceAll('\\', '/');
      const contents = readFileSync(path, 'utf8')
        .replaceAll('import.meta.dirname', `(import.meta.dirname + ${JSON.stringify(`/${dirname(from)}`)})`)
        .replaceAll('import.meta.url', `(new URL(${JSON.stringify(from)}, import.meta.url).href)`);
      return { contents, loader: 'ts' };
    });
  },
};

/** Nobody steps through the packages, and their maps would cost 40 MB of memory at start: say they have none. */
const none = Buffer.from('{"version":3,"sources":[""],"mappings":"A"}').toString('base64');

/**
 * oidc-provider stores things under the names of its classes, and a bundle has to rename what collides. Told here, once
 * a class: esbuild's keepNames would tell every function's name at every call, a tenth of the server's processor time.
 */
const named = (text) => text.replace(/\bclass (\w+)( extends [^{]+)? \{/g, '$& static name = "$1";');

const packages = {
  name: 'packages',
  setup(build) {
    build.onLoad({ filter: /node_modules.*\.[cm]?js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const own = /[\\/]oidc-provider[\\/]lib[\\/]/.test(path) ? named(text) : text;
      return { contents: `${own}\n//# sourceMappingURL=data:application/json;base64,${none}`, loader: 'default' };
    });
  },
};

/** Builds dist/ unless it is already what the sources say. */
export async function build() {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const esbuild = await import('esbuild');
  // All but the snapshot, which costs three seconds and depends on PGlite alone.
  for (const name of existsSync(dist) ? readdirSync(dist) : []) {
    if (!name.startsWith('embedded-snapshot')) rmSync(join(dist, name), { recursive: true });
  }
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: {
      main: 'src/main.ts',
      cli: 'src/cli.ts',
      // A thread of its own: protocols/saml/providers/thread.ts.
      'metadata-worker': 'src/protocols/saml/providers/worker.ts',
    },
    outdir: 'dist',
    bundle: true,
    // Six megabytes less in the running server.
    minifyWhitespace: true,
    lineLimit: 200,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    external: [...external, ...absent],
    banner: { js: banner },
    plugins: [places, packages],
    logLevel: 'warning',
  });
  // In a process of its own: it takes 850 MB, and start.mjs makes this one the server.
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/embedded-snapshot.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the snapshot of the embedded database could not be made');
  // Its service would live as long as the server that is started from here.
  await esbuild.stop();
  writeFileSync(stamp, wanted);
}

if (process.argv[1] === import.meta.filename) {
  const { ensureInstall } = await import('./ensure-install.mjs');
  ensureInstall({ dev: false });
  await build();
}
