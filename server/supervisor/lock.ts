import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beginOf } from '../infra/processes.ts';

/** Writes down which process this is, so that it can be told from a later one with the same id. */
export async function recordProcess(path: string, pid: number): Promise<void> {
  await writeFile(path, await describe(pid));
}

/** Reads the id of the recorded process; undefined when there is no record or that process is gone. */
export async function recordedProcess(path: string): Promise<number | undefined> {
  const record = await readFile(path, 'utf8').catch(() => '');
  const pid = Number.parseInt(record, 10);
  return pid > 0 && record === (await describe(pid)) ? pid : undefined;
}

const describe = async (pid: number): Promise<string> => `${pid}\n${await beginOf(pid)}\n`;

/** The lock on a data folder: its holder, or the way to let it go. */
export type Lock = Readonly<{ holder: number } | { holder?: undefined; release(): Promise<void> }>;

/** Locks a data folder for this process, made if need be. A lock whose holder is gone is taken over. */
export async function lock(dataDir: string): Promise<Lock> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, 'supervisor.pid');
  const mine = await describe(process.pid);
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(mine);
      await file.close();
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
    const holder = await recordedProcess(path);
    if (holder !== undefined) return { holder };
    await rm(path, { force: true });
  }
}
