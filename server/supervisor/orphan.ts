import { rm } from 'node:fs/promises';
import { signal, until } from '../infra/processes.ts';
import { recordedProcess } from './lock.ts';

/**
 * Ends the server that a killed supervisor left behind, if there is one, so that its port is free. It is ending already,
 * having lost its supervisor; it is told once more, and forced after `graceMs`. Resolves to whether there was one.
 */
export async function endOrphan(record: string, graceMs = 10_000): Promise<boolean> {
  const pid = await recordedProcess(record);
  if (pid === undefined) return false;
  signal(pid, 'SIGTERM');
  const gone = async () => ((await recordedProcess(record)) === undefined ? true : undefined);
  if (!(await until(gone, graceMs))) {
    signal(-pid, 'SIGKILL');
    await until(gone, graceMs);
  }
  await rm(record, { force: true });
  return true;
}
