import { existsSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, mkdtemp, realpath, rmdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Account, canEnter } from './account.ts';
import { PostgresError } from './errors.ts';

/** Only root can write here, so what is found is our own. */
const sharedFolder = '/var/lib/fault-tolerant-checkout';

/**
 * Makes the folder that holds the cluster, its password and its log: `<dataDir>/postgres`, or, where the account can
 * not enter `dataDir` (such as below /root), a link there to a new folder in `sharedFolder`. Returns its real path.
 * Throws PostgresError.
 */
export async function makeHome(dataDir: string, account: Account | undefined): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const home = resolve(dataDir, 'postgres');
  const link = (await lstat(home).catch(() => undefined))?.isSymbolicLink() ?? false;
  if (link && !existsSync(home))
    throw new PostgresError(`${home} is a link to a folder that is gone.`, 'Remove the link to start with no data.');
  if (!link) await mkdir(home, { recursive: true, mode: 0o700 });
  const real = await realpath(home);
  if (!account) return real;
  if (!link) await chown(real, account.uid, account.gid);
  if (await canEnter(real, account)) return real;
  if (link || existsSync(join(real, 'data')))
    throw new PostgresError(
      `PostgreSQL runs as user ${account.uid}, who can not enter ${real}.`,
      'Let that user enter the folders above it (chmod o+x), or set DATA_DIR to another folder.',
    );
  const elsewhere = await mkdtemp(join(await makeShared(), 'data-'));
  await chown(elsewhere, account.uid, account.gid);
  await rmdir(real);
  await symlink(elsewhere, home);
  return elsewhere;
}

/** Makes the folder for what PostgreSQL's account must reach, enterable for everybody whatever the umask is. */
export async function makeShared(): Promise<string> {
  await mkdir(sharedFolder, { recursive: true });
  await chmod(sharedFolder, 0o755);
  return sharedFolder;
}
