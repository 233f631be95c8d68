import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { signal, until } from '../infra/processes.ts';
import { recordedProcess } from './lock.ts';

/** The name of the file in the data folder that tells which process a server is; `number` counts from 1. */
export const recordName = (number: number): string => (number === 1 ? 'server.pid' : `server-${number}.pid`);

const isRecord = (name: string): boolean => /^server(-\d+)?\.pid$/.test(name);

/** Ends the servers that a killed supervisor left behind, so that its port is free. Resolves to whether there were any. */
export async function endOrphans(dataDir: string, graceMs?: number): Promise<boolean> {
  const records = (await readdir(dataDir)).filter(isRecord);
  const ended = await Promise.all(records.map((name) => endOrphan(join(dataDir, name), graceMs)));
  return ended.includes(true);
}

/** It is ending already, having lost its supervisor; it is told once more, and forced after `graceMs`. */
async function endOrphan(record: string, graceMs = 10_000): Promise<boolean> {
  const pid = await recordedProcess(record);
  if (pid === undefined) {
    await rm(record, { force: true });
    return false;
  }
  signal(pid, 'SIGTERM');
  const gone = async () => ((await recordedProcess(record)) === undefined ? true : undefined);
  if (!(await until(gone, graceMs))) {
    signal(-pid, 'SIGKILL');
    await until(gone, graceMs);
  }
  await rm(record, { force: true });
  return true;
}
