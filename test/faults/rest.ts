import { eventually } from '../support/eventually.ts';
import { checkInvariants } from '../support/invariants.ts';

/** Waits until everything that was begun is finished, with all invariants kept. Throws with what is amiss. */
export async function comesToRest(databaseUrl: string, deadlineMs = 60_000): Promise<void> {
  await eventually(
    'the store comes to rest as it should be',
    async () => {
      const problems = await checkInvariants(databaseUrl, { quiesced: true });
      if (problems.length > 0) throw new Error(problems.join('\n'));
      return true;
    },
    deadlineMs,
  );
}
