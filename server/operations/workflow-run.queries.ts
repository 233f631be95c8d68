import { DBOS } from '@dbos-inc/dbos-sdk';

/** What the engine recorded of a workflow. */
export type RecordedRun = Readonly<{
  id: string;
  status: string;
  executorId: string | null;
  attempts: number;
  steps: readonly Readonly<{ name: string; startedAt: Date | null; completedAt: Date | null; error: string | null }>[];
}>;

/** Reads what the engine recorded of a workflow; null where it has nothing. */
export async function recordedRun(workflowId: string): Promise<RecordedRun | null> {
  const [status] = await DBOS.listWorkflows({ workflowIDs: [workflowId], loadInput: false, loadOutput: false });
  if (!status) return null;
  const steps = await DBOS.listWorkflowSteps(workflowId);
  return {
    id: status.workflowID,
    status: status.status,
    executorId: status.executorId ?? null,
    attempts: status.recoveryAttempts ?? 0,
    steps: (steps ?? []).map(({ name, startedAtEpochMs, completedAtEpochMs, error }) => ({
      name,
      startedAt: dateOf(startedAtEpochMs),
      completedAt: dateOf(completedAtEpochMs),
      error: error?.message ?? null,
    })),
  };
}

const dateOf = (epochMs: number | undefined) => (epochMs === undefined ? null : new Date(epochMs));
