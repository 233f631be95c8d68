import { watch } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve, sep } from 'node:path';
import { readEnv } from '../server/env.ts';
import { root } from '../server/infra/root.ts';
import { explainError, makeConsole } from '../server/supervisor/console.ts';
import { endingSignals } from '../server/supervisor/signals.ts';
import { supervise } from '../server/supervisor/supervisor.ts';
import { generate } from './generate.ts';

/** Editors save a file in several steps, and several files at once: they make one restart. */
const quietMs = 100;

const console = makeConsole(process.stdout);

/** Calls back after each change of the server's sources, generated ones excepted. */
function onServerChange(changed: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  watch(join(root, 'server'), { recursive: true }, (_, name) => {
    if (!name?.endsWith('.ts') || name.split(sep).includes('generated')) return;
    clearTimeout(timer);
    timer = setTimeout(changed, quietMs);
  });
}

/**
 * Serves the web pages with hot reload and returns their address. Vite is mounted in a server of ours since its own
 * ends this process on SIGTERM, before the database is stopped.
 */
async function startPages(): Promise<string> {
  const { createServer: createVite } = await import('vite');
  const http = createServer();
  const vite = await createVite({
    configFile: join(root, 'vite.config.ts'),
    server: { middlewareMode: true, ws: { server: http } },
    logLevel: 'warn',
  });
  http.on('request', vite.middlewares);
  const { port } = vite.config.server;
  await new Promise<void>((done, failed) => {
    http.once('error', failed);
    http.listen(port, '127.0.0.1', done);
  });
  return `http://localhost:${port}`;
}

async function start(): Promise<number> {
  const env = readEnv();
  let pages = '';
  return supervise({
    command: [
      process.execPath,
      '--disable-warning=DeprecationWarning',
      '--import',
      'tsx',
      join(root, 'server/main.ts'),
    ],
    dataDir: resolve(root, env.dataDir),
    host: env.host,
    port: env.port,
    workers: env.workers,
    databaseUrl: env.databaseUrl,
    prepare: async () => {
      await generate();
      pages = await startPages();
    },
    welcome: (url) => [`Store    ${pages} (hot reload)`, `GraphQL  ${url}/graphql`, 'Stop     Ctrl-C'],
    onRunning: (replaceAll) =>
      onServerChange(() => {
        console.note('The sources changed.');
        replaceAll();
      }),
    console,
    ...endingSignals(),
  });
}

process.exit(
  await start().catch((error: unknown) => {
    console.warn(explainError(error));
    return 1;
  }),
);
