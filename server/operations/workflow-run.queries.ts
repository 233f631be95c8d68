import { DBOS } from '@dbos-inc/dbos-sdk';
import { currentDatabase } from '../infra/database.ts';

/** What the engine recorded of a workflow. */
export type RecordedRun = Readonly<{
  id: string;
  status: string;
  executorId: string | null;
  attempts: number;
  steps: readonly Readonly<{ name: string; startedAt: Date | null; completedAt: Date | null; error: string | null }>[];
}>;

/** Reads what is recorded of an order's workflow; null where the engine has nothing. */
export async function recordedRun(workflowId: string, orderId: string): Promise<RecordedRun | null> {
  const [status] = await DBOS.listWorkflows({ workflowIDs: [workflowId], loadInput: false, loadOutput: false });
  if (!status) return null;
  const steps = (await DBOS.listWorkflowSteps(status.workflowID)) ?? [];
  return {
    id: status.workflowID,
    status: status.status,
    executorId: status.executorId ?? null,
    attempts: status.recoveryAttempts ?? 0,
    steps: [
      ...steps.map(({ name, startedAtEpochMs, completedAtEpochMs, error }) => ({
        name,
        startedAt: dateOf(startedAtEpochMs),
        completedAt: dateOf(completedAtEpochMs),
        error: error?.message ?? null,
      })),
      ...(await advancesOf(orderId)),
    ],
  };
}

/** The steps of a dispatch: their only record is the order's own, its events. */
async function advancesOf(orderId: string): Promise<RecordedRun['steps']> {
  const events = await currentDatabase().orderEvent.findMany({
    where: { orderId, type: { in: ['PROGRESSED', 'DISPATCHED'] } },
    orderBy: { version: 'asc' },
    select: { at: true },
  });
  return events.map(({ at }) => ({ name: 'advanceDispatch', startedAt: at, completedAt: at, error: null }));
}

const dateOf = (epochMs: number | undefined) => (epochMs === undefined ? null : new Date(epochMs));
