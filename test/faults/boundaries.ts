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

/** How a server commits: each step alone, or the steps of many orders in groups. */
export type Path = 'alone' | 'group';

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

/** A step in a group: its one checkpoint is the engine's, in the same commit. */
function groupStep(story: Story, workflow: string, name: string, number: number): Boundary[] {
  const when = `NEW.workflow_uuid LIKE '${workflow}:%' AND NEW.function_id = ${number}`;
  return at(story, name, { event: 'INSERT', table: 'dbos.operation_outputs', when });
}

function starts(story: Story, workflow: string): Boundary[] {
  return at(story, 'the start', { event: 'INSERT', table: 'dbos.workflow_status', when: `NEW.name = '${workflow}'` });
}

function clears(story: Story, workflow: string): Boundary[] {
  return at(story, "the clearing of the steps' checkpoints", {
    event: 'DELETE',
    table: 'dbos.transaction_completion',
    when: `OLD.workflow_id LIKE '${workflow}:%' AND OLD.function_num = 0`,
  });
}

function ends(story: Story, workflow: string): Boundary[] {
  const when = `NEW.status = 'SUCCESS' AND NEW.name = '${workflow}'`;
  return at(story, 'the end', { event: 'UPDATE', table: 'dbos.workflow_status', when });
}

/** In a group, a step of a dispatch has no checkpoint but the order and its event. */
function dispatches(path: Path): Boundary[] {
  return Array.from({ length: STEPS }, (_, i) => {
    const name = `step ${i + 1} of the dispatch`;
    const row: Row = { event: 'INSERT', table: 'order_events', when: `NEW.progress = ${i + 1}` };
    return path === 'alone' ? step('bought', 'checkout', name, i + 2) : at('bought', name, row);
  }).flat();
}

const report = (story: Story, kind: string) =>
  at(story, 'the storing of the report', { event: 'INSERT', table: 'order_signals', when: `NEW.kind = '${kind}'` });

/**
 * Every moment between two writes of a checkout, a payment, a dispatch and a restocking. A decline, a failure and a wish to cancel
 * are stored as a payment is, with what they settle.
 */
export function boundariesOf(path: Path): Boundary[] {
  const stepOf = path === 'alone' ? step : groupStep;
  const settle = (story: Story) => stepOf(story, 'checkout', 'settling', 1);
  return [
    ...starts('bought', 'checkout'),
    ...stepOf('bought', 'checkout', 'placing', 0),
    ...report('bought', 'PAID'),
    ...settle('bought'),
    ...dispatches(path),
    ...(path === 'alone' ? clears('bought', 'checkout') : []),
    ...ends('bought', 'checkout'),
    ...stepOf('refused', 'checkout', 'placing', 0),
    ...settle('declined'),
    ...stepOf('declined', 'checkout', 'settling again', 2),
    ...settle('failed'),
    ...settle('cancelled'),
    ...settle('expired'),
    ...report('refunded', 'PAID'),
    ...starts('restocked', 'restock'),
    ...stepOf('restocked', 'restock', 'restocking', 0),
    ...(path === 'alone' ? clears('restocked', 'restock') : []),
    ...ends('restocked', 'restock'),
  ];
}
