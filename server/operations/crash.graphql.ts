import { builder } from '../graphql/builder.ts';

/** Long enough for the answer to reach the caller. */
const CRASH_DELAY_MS = 100;

/** Adds the mutation that kills the server, for demonstrations: a schema without it cannot be asked to. */
export function addCrash(): void {
  const Crash = builder.objectRef<{ executorId: string; exitsAt: Date }>('Crash').implement({
    description: 'A crash that is about to happen.',
    fields: (t) => ({
      executorId: t.exposeString('executorId', { description: 'The process that will be gone.' }),
      exitsAt: t.expose('exitsAt', { type: 'DateTime', description: 'When.' }),
    }),
  });
  builder.mutationField('crash', (t) =>
    t.field({
      type: Crash,
      description: 'Kills the server process that answers, at once and without any clean-up. Only in demo mode.',
      resolve: (_root, _args, { executorId }) => {
        setTimeout(() => process.kill(process.pid, 'SIGKILL'), CRASH_DELAY_MS);
        return { executorId, exitsAt: new Date(Date.now() + CRASH_DELAY_MS) };
      },
    }),
  );
}
