import { realpathSync } from 'node:fs';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { root } from '../server/infra/root.ts';
import { generate } from './generate.ts';
import { compressFiles, keepWebBuild } from './web-build.ts';

const at = (path: string) => join(root, path);

/** What is built: from these files and folders to a file that is as old as its sources were. */
export type Target = Readonly<{ sources: readonly string[]; output: string }>;

const common = ['package-lock.json', 'scripts/build.ts'];
export const server: Target = { sources: ['server', 'prisma', ...common], output: 'dist/server/main.js' };
export const web: Target = {
  sources: ['web', 'vite.config.ts', 'scripts/web-build.ts', ...common],
  output: 'dist/web/current',
};

/** Tells whether the output is there and no source, of those that are there, is newer. */
export async function upToDate({ sources, output }: Target, folder: string = root): Promise<boolean> {
  const built = await stat(join(folder, output)).catch(() => undefined);
  if (!built) return false;
  const times = await Promise.all(sources.map((source) => newest(join(folder, source))));
  return Math.max(...times) <= built.mtimeMs;
}

/** The newest change in a file or folder; a folder's own time tells of what was removed from it. */
async function newest(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  // What is generated follows from the other sources, and is written while building.
  const names = (await readdir(path)).filter((name) => name !== 'generated' && name !== 'node_modules');
  return Math.max(found.mtimeMs, ...(await Promise.all(names.map((name) => newest(join(path, name))))));
}

/** Builds the server. Throws an error whose message says what to do. */
export async function buildServer(): Promise<void> {
  await generate();
  const begun = new Date();
  const part = at('dist/server.part');
  await bundle('server/main.ts', join(part, 'main.js'));
  await replaceFolder(part, 'main.js', 'dist/server', begun);
}

/**
 * Bundles a program for Node.js, its packages included, into one file, since one starts nearly twice as fast as a thousand.
 * Throws an error whose message says what to do. `plugins` change what goes into it.
 */
export async function bundle(entry: string, outfile: string, plugins: Plugin[] = []): Promise<void> {
  const { build } = await developmentTool(() => import('esbuild'));
  await build({
    entryPoints: [at(entry)],
    outfile,
    plugins,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'error',
    // Packages load these only when they are configured to, and they are not installed. GraphiQL is as large as
    // all the rest, and is loaded when somebody opens it: every start would read it in vain.
    external: ['pg-native', '@opentelemetry/*', 'winston', 'winston-transport', '@graphql-yoga/render-graphiql'],
    // Bundled CommonJS packages use what an ES module does not have.
    banner: {
      js: [
        "import { createRequire as createRequire__ } from 'node:module';",
        'const require = createRequire__(import.meta.url);',
        'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
      ].join('\n'),
    },
  });
}

/** Builds the web pages. Throws an error whose message says what to do. */
export async function buildWeb(): Promise<void> {
  const { build } = await developmentTool(() => import('vite'));
  const begun = new Date();
  const part = at('dist/web.part');
  await forProduction(() =>
    build({
      configFile: at('vite.config.ts'),
      build: { outDir: part, emptyOutDir: true, reportCompressedSize: false },
      logLevel: 'warn',
    }),
  );
  await compressFiles(part);
  await keepWebBuild(part, at('dist/web'), begun);
}

/**
 * Vite builds what NODE_ENV says: in tests that would be React's slow development build. Where it says nothing, Vite sets it
 * to production and leaves it so, and the servers that are started next would take that for ours.
 */
async function forProduction<T>(build: () => Promise<T>): Promise<T> {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    return await build();
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

/** Puts a whole build in the place of the old one, so that an interrupted one is never taken for current. */
async function replaceFolder(part: string, main: string, folder: string, begun: Date): Promise<void> {
  await utimes(join(part, main), begun, begun);
  await rm(at(folder), { recursive: true, force: true });
  await rename(part, at(folder));
}

/** Builds what is missing or older than its sources, after telling what. Throws as the builds do. */
export async function buildWhatChanged(onProgress?: (message: string) => void): Promise<void> {
  const current = await Promise.all([upToDate(server), upToDate(web)]);
  if (!current[0]) {
    onProgress?.('building the server');
    await buildServer();
  }
  if (!current[1]) {
    onProgress?.('building the web pages');
    await buildWeb();
  }
}

async function developmentTool<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error('The store has to be built, but the tools for it are not installed: run npm ci --include=dev', {
      cause: error,
    });
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await buildServer();
  await buildWeb();
}
