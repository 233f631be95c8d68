// A supervisor of the fake server, or of the one that SERVER names, for tests that end it, kill it, or start it twice.
// SIGUSR2 replaces the server.
import { fileURLToPath } from 'node:url';
import { makeConsole } from '../../server/supervisor/console.ts';
import { endingSignals } from '../../server/supervisor/signals.ts';
import { supervise } from '../../server/supervisor/supervisor.ts';

const FAKE = fileURLToPath(new URL('./fake-server.mjs', import.meta.url));
const { SERVER = FAKE, DATA_DIR = '', PORT, DATABASE_URL, WORKERS = '1', GRACE_MS, BUILD_FAILS } = process.env;
const console = makeConsole(process.stdout);

const running = supervise({
  command: [process.execPath, '--disable-warning=DeprecationWarning', SERVER],
  dataDir: DATA_DIR,
  host: '127.0.0.1',
  port: Number(PORT),
  workers: Number(WORKERS),
  databaseUrl: DATABASE_URL,
  prepare: async (progress) => {
    progress('fake build');
    if (BUILD_FAILS) throw new Error('fake build trouble');
  },
  welcome: (url) => [`Store ${url}`],
  onRunning: (replaceAll) => process.on('SIGUSR2', replaceAll),
  graceMs: GRACE_MS ? Number(GRACE_MS) : undefined,
  console,
  ...endingSignals(),
});
process.exit(
  await running.catch((error: Error) => {
    console.warn(error.message);
    return 1;
  }),
);
