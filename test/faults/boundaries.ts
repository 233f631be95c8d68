import type { Point } from '../support/freeze.ts';

/** Whose life is lived while the server is killed: see `stories` in kills.test.ts. */
export type Story = 'bought' | 'declined' | 'failed' | 'cancelled' | 'expired' | 'refunded' | 'restocked';

/**
 * What becomes of what the killed server was writing. LOST: its session is ended. DONE: it is committed although
 * nobody hears of it. DONE_LATE: so too, but only while the next process is already about to do it again.
 */
export type Fate = 'LOST' | 'DONE' | 'DONE_LATE';

export type Boundary = Readonly<{ name: string; story: Story; point: Point; fate: Fate }>;

/** Dispatch steps that a test server takes: one on the way, and the one that dispatches. */
export const STEPS = 2;

/** A write that a transaction waits at is lost whatever comes: the COMMIT is never sent. */
const FATES: Record<Point['at'], Fate[]> = { write: ['LOST'], commit: ['LOST', 'DONE', 'DONE_LATE'] };

type Row = Omit<Point, 'at'>;

function at(story: Story, name: string, row: Row, moments: Point['at'][] = ['write', 'commit']): Boundary[] {
  return moments.flatMap((moment) =>
    FATES[moment].map((fate) => ({ name: `${name}, at its ${moment}`, story, point: { at: moment, ...row }, fate })),
  );
}

/** A step: before its COMMIT, at it, and after it but before the engine has noted it too. */
function step(story: Story, workflow: string, name: string, number: number): Boundary[] {
  const row = (table: string, id: string, counter: string): Row => ({
    event: 'INSERT',
    table,
    when: `NEW.${id} LIKE '${workflow}:%' AND NEW.${counter} = ${number}`,
  });
  return [
    ...at(story, name, row('dbos.transaction_completion', 'workflow_id', 'function_num')),
    ...at(story, `the engine's note of ${name}`, row('dbos.operation_outputs', 'workflow_uuid', 'function_id'), [
      'write',
    ]),
  ];
}

function ends(story: Story, workflow: string, steps: Boundary[]): Boundary[] {
  return [
    ...at(story, 'the start', { event: 'INSERT', table: 'dbos.workflow_status', when: `NEW.name = '${workflow}'` }),
    ...steps,
    ...at(story, "the clearing of the steps' checkpoints", {
      event: 'DELETE',
      table: 'dbos.transaction_completion',
      when: `OLD.workflow_id LIKE '${workflow}:%' AND OLD.function_num = 0`,
    }),
    ...at(story, 'the end', { event: 'UPDATE', table: 'dbos.workflow_status', when: `NEW.status = 'SUCCESS'` }),
  ];
}

const report = (story: Story, kind: string) =>
  at(story, 'the storing of the report', { event: 'INSERT', table: 'order_signals', when: `NEW.kind = '${kind}'` });
const settle = (story: Story) => step(story, 'checkout', 'settling', 1);

/** Every moment between two writes of a checkout, a payment, a dispatch and a restocking. */
export const boundaries: Boundary[] = [
  ...ends('bought', 'checkout', [
    ...step('bought', 'checkout', 'placing', 0),
    ...report('bought', 'PAID'),
    ...settle('bought'),
    ...Array.from({ length: STEPS }, (_, i) =>
      step('bought', 'checkout', `step ${i + 1} of the dispatch`, i + 2),
    ).flat(),
  ]),
  ...settle('declined'),
  ...settle('failed'),
  ...settle('cancelled'),
  ...settle('expired'),
  ...report('refunded', 'PAID'),
  ...ends('restocked', 'restock', step('restocked', 'restock', 'restocking', 0)),
];
