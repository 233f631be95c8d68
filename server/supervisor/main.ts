import { join, resolve } from 'node:path';
import { buildWhatChanged } from '../../scripts/build.ts';
import { ConfigError, readEnv } from '../env.ts';
import { NODE_FLAGS } from '../infra/node-flags.ts';
import { root } from '../infra/root.ts';
import { explainError, makeConsole } from './console.ts';
import { endingSignals } from './signals.ts';
import { supervise } from './supervisor.ts';

const console = makeConsole(process.stdout);

async function start(): Promise<number> {
  const env = readEnv();
  return supervise({
    command: [process.execPath, ...NODE_FLAGS, join(root, 'dist/server/main.js')],
    dataDir: resolve(root, env.dataDir),
    host: env.host,
    port: env.port,
    workers: env.workers,
    databaseUrl: env.databaseUrl,
    prepare: buildWhatChanged,
    welcome: (url) => [
      `Store    ${url}`,
      `GraphQL  ${url}/graphql${env.demo ? ' (open it in a browser for GraphiQL)' : ''}`,
      'Stop     Ctrl-C',
    ],
    onRunning: (replaceAll) => process.on('SIGUSR2', () => void deploy(replaceAll)),
    console,
    ...endingSignals(),
  });
}

/** Builds what changed and puts it in the place of what runs, which stays when the build fails. */
async function deploy(replaceAll: () => void): Promise<void> {
  try {
    await console.step('Build', buildWhatChanged);
    replaceAll();
  } catch (error) {
    console.warn(explainError(error));
  }
}

process.exit(await start().catch(fail));

function fail(error: unknown): number {
  console.warn(explainError(error));
  return error instanceof ConfigError ? 78 : 1;
}
