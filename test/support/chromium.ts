// Finds a browser for the tests, so that no one has to install one by hand.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const INSTALLED = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  linux: ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser', 'microsoft-edge-stable'].flatMap(
    (name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)),
  ),
};

export type Browser = { path: string; env: Record<string, string> };

/**
 * Finds Chromium: $CHROMIUM_PATH, then an installed one, then the one in node_modules (Linux x64), which is unpacked
 * once and whose libraries are installed when they are missing and this is allowed to. Throws saying what to do.
 */
export async function findChromium(progress: (message: string) => void = () => {}): Promise<Browser> {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (!isExecutable(named)) throw new Error(`CHROMIUM_PATH names ${named}, which cannot be executed.`);
    return { path: named, env: {} };
  }
  const installed = INSTALLED[process.platform === 'darwin' ? 'darwin' : 'linux'].find(isExecutable);
  if (installed) return { path: installed, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('The browser tests need Chrome or Chromium: install one, or set CHROMIUM_PATH to its executable.');
  }
  const folder = await unpack(progress);
  const path = join(folder, 'chromium');
  installLibraries(path, progress);
  // A machine without fonts of its own uses those of the package.
  return { path, env: existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_PATH: join(folder, 'fonts') } };
}

/** Unpacks the packaged Chromium into a folder of its version, at once for all tests, and returns that folder. */
async function unpack(progress: (message: string) => void): Promise<string> {
  const require = createRequire(import.meta.url);
  const packageFile = join(dirname(require.resolve('@sparticuz/chromium')), '../../package.json');
  const { version } = require(packageFile) as { version: string };
  const folder = join(tmpdir(), `store-test-chromium-${version}-${process.getuid?.() ?? 0}`);
  if (existsSync(folder)) return folder;
  progress(`Unpacking Chromium ${version} for the browser tests…`);
  const { default: chromium } = await import('@sparticuz/chromium');
  // The package unpacks into TMPDIR and takes whatever already lies there, half-written files included.
  const fresh = mkdtempSync(`${folder}-`);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = fresh;
  try {
    await chromium.executablePath();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(fresh, { recursive: true }); // another process was faster
  }
  return folder;
}

/** Makes sure that the browser's shared libraries are there. Throws when they are not and cannot be installed. */
function installLibraries(path: string, progress: (message: string) => void): void {
  if (starts(path)) return;
  const asRoot = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
  if (asRoot) {
    progress('Installing libnss3, which Chromium needs…');
    const install = () => spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'libnss3']).status;
    if (install() !== 0) {
      spawnSync('apt-get', ['update', '-qq']);
      install();
    }
  }
  if (!starts(path)) {
    throw new Error(
      'Chromium does not start: it needs the library libnss3. Install it ("sudo apt-get install libnss3"), ' +
        'or install Chrome or Chromium, or set CHROMIUM_PATH.',
    );
  }
}

const starts = (path: string) => spawnSync(path, ['--headless', '--no-sandbox', '--version']).status === 0;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
