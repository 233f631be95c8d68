import type { Point } from '../support/freeze.ts';

/** Whose life is lived while the server is killed: see `stories` in kills.ts. */
export type Story = 'bought' | 'refused' | 'declined' | 'failed' | 'cancelled' | 'expired' | 'refunded' | 'restocked';

/**
 * What becomes of what the killed server was writing. LOST: its session is ended. DONE: it is committed although
 * nobody hears of it. DONE_LATE: so too, but only while the next process is already about to do it again.
 */
export type Fate = 'LOST' | 'DONE' | 'DONE_LATE';

export type Boundary = Readonly<{ name: string; story: Story; point: Point; fate: Fate }>;

/** Dispatch steps that a test server takes: one on the way, and the one that dispatches. */
export const STEPS = 2;

/** A write that a transaction waits at is lost with its session; once it may go on, it is as at the COMMIT. */
const FATES: Record<Point['at'], Fate[]> = { write: ['LOST'], commit: ['LOST', 'DONE', 'DONE_LATE'] };

type Row = Omit<Point, 'at'>;

function at(story: Story, name: string, row: Row, moments: Point['at'][] = ['write', 'commit']): Boundary[] {
  return moments.flatMap((moment) =>
    FATES[moment].map((fate) => ({ name: `${name}, at its ${moment}`, story, point: { at: moment, ...row }, fate })),
  );
}

/** A step: its checkpoint is in its commit. */
function step(story: Story, workflow: string, name: string, number: number): Boundary[] {
  const when = `NEW.workflow_uuid LIKE '${workflow}:%' AND NEW.function_id = ${number}`;
  return at(story, name, { event: 'INSERT', table: 'dbos.operation_outputs', when });
}

function starts(story: Story, workflow: string): Boundary[] {
  return at(story, 'the start', { event: 'INSERT', table: 'dbos.workflow_status', when: `NEW.name = '${workflow}'` });
}

function ends(story: Story, workflow: string): Boundary[] {
  const when = `NEW.status = 'SUCCESS' AND NEW.name = '${workflow}'`;
  return at(story, 'the end', { event: 'UPDATE', table: 'dbos.workflow_status', when });
}

/** A step of a dispatch has no checkpoint but the order and its event. */
function dispatches(): Boundary[] {
  return Array.from({ length: STEPS }, (_, i) =>
    at('bought', `step ${i + 1} of the dispatch`, {
      event: 'INSERT',
      table: 'order_events',
      when: `NEW.progress = ${i + 1}`,
    }),
  ).flat();
}

const report = (story: Story, kind: string) =>
  at(story, 'the storing of the report', { event: 'INSERT', table: 'order_signals', when: `NEW.kind = '${kind}'` });

/**
 * Every moment between two writes of a checkout, a payment, a dispatch and a restocking. A decline, a failure and a wish to cancel
 * are stored as a payment is, with what they settle.
 */
export function boundaries(): Boundary[] {
  const settle = (story: Story) => step(story, 'checkout', 'settling', 1);
  return [
    ...starts('bought', 'checkout'),
    ...step('bought', 'checkout', 'placing', 0),
    ...report('bought', 'PAID'),
    ...settle('bought'),
    ...dispatches(),
    ...ends('bought', 'checkout'),
    ...step('refused', 'checkout', 'placing', 0),
    ...settle('declined'),
    ...step('declined', 'checkout', 'settling again', 2),
    ...settle('failed'),
    ...settle('cancelled'),
    ...settle('expired'),
    ...report('refunded', 'PAID'),
    ...starts('restocked', 'restock'),
    ...step('restocked', 'restock', 'restocking', 0),
    ...ends('restocked', 'restock'),
  ];
}
