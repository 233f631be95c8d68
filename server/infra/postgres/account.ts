import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { PostgresError } from './errors.ts';

const run = promisify(execFile);

/** The system account that PostgreSQL runs as, where it can not be our own: PostgreSQL refuses to run as root. */
export type Account = Readonly<{ uid: number; gid: number }>;

/**
 * Finds the account for PostgreSQL when we are root: the owner of the data that is there, else the user `postgres`,
 * made if need be. Undefined when we are not root. Throws PostgresError.
 */
export async function findAccount(data: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const there = await stat(data).catch(() => undefined);
  if (there && there.uid !== 0) return { uid: there.uid, gid: there.gid };
  const existing = await lookUp();
  if (existing) return existing;
  const failure = await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']).then(
    () => '',
    (error: Error) => error.message,
  );
  const made = await lookUp();
  if (made) return made;
  throw new PostgresError(
    `PostgreSQL can not run as root, and a user "postgres" could not be made. ${failure}`,
    'Make one (useradd --system postgres), or start as an ordinary user, or set DATABASE_URL.',
  );
}

async function lookUp(): Promise<Account | undefined> {
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  return Promise.all([id('-u'), id('-g')]).then(
    ([uid, gid]) => ({ uid, gid }),
    () => undefined,
  );
}

/** Tells whether the account can run a program; it really tries, since modes alone do not tell. */
export const canRun = (program: string, account: Account | undefined): Promise<boolean> =>
  succeeds(program, ['--version'], account);

/** Tells whether the account can enter a folder, that is, also every folder above it. */
export const canEnter = (folder: string, account: Account): Promise<boolean> =>
  succeeds('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], account);

const succeeds = (program: string, args: string[], account: Account | undefined): Promise<boolean> =>
  run(program, args, { ...account, cwd: '/' }).then(
    () => true,
    () => false,
  );
