import type { EventEntryFragment, OrderEventType, OrderPageFragment, OrderStateFragment } from '../gql/graphql.ts';
import { mergeEvents } from './events.ts';

/** What a page has learned of an order, from answers and events that overtake each other. */
export type KnownOrder = Readonly<{
  /** The order as it was, oldest first: from the state that is shown on. */
  states: readonly OrderStateFragment[];
  /** Oldest first, each version once. */
  events: readonly EventEntryFragment[];
  /** What was bought never changes. */
  lines: OrderPageFragment['lines'] | undefined;
}>;

/** An order as some answer has it: its state, and perhaps more. */
export type ToldOrder = OrderStateFragment & Partial<Pick<OrderPageFragment, 'events' | 'lines'>>;

export const NOTHING: KnownOrder = { states: [], events: [], lines: undefined };

/** Adds what an answer or an event tells of an order. Returns `known` itself when nothing of it is new. */
export function learn(known: KnownOrder, told: ToldOrder, more = told.events ?? []): KnownOrder {
  const events = mergeEvents(known.events, more);
  const states = addState(known.states, told);
  const lines = known.lines ?? told.lines;
  if (events === known.events && states === known.states && lines === known.lines) return known;
  const from = newestWhole(states, events)?.state.version ?? 0;
  return { events, lines, states: states.filter(({ version }) => version >= from) };
}

/**
 * Gives the order as one of its versions was: the newest one of which everything is known, with the history up to it.
 * A state that is newer waits until the history has come so far, and an event that is newer until its state is known.
 * Undefined while there is no such version.
 */
export function orderAsOf({ states, events, lines }: KnownOrder): OrderPageFragment | undefined {
  const whole = newestWhole(states, events);
  if (!whole || !lines) return undefined;
  const history = events.slice(0, whole.length);
  const { version, status, progress } = history[whole.length - 1]!;
  return { ...whole.state, version, status, progress, lines, events: history };
}

/** Tells whether something newer is known than what is shown. */
export function isBehind({ states, events }: KnownOrder, shown: OrderPageFragment | undefined): boolean {
  const newest = Math.max(states.at(-1)?.version ?? 0, events.at(-1)?.version ?? 0);
  return newest > (shown?.version ?? 0);
}

// These change nothing but the status and the progress, which the event itself has.
const STEPS: ReadonlySet<OrderEventType> = new Set(['PROGRESSED', 'DISPATCHED']);

/** Finds how much of the history can be shown, and the state to show with it. */
function newestWhole(states: KnownOrder['states'], events: KnownOrder['events']) {
  const byVersion = new Map(states.map((state) => [state.version, state]));
  let state: OrderStateFragment | undefined;
  let newest: { length: number; state: OrderStateFragment } | undefined;
  for (const [index, { version, type }] of events.entries()) {
    if (version !== events[0]!.version + index) break;
    state = byVersion.get(version) ?? (STEPS.has(type) ? state : undefined);
    if (state) newest = { length: index + 1, state };
  }
  return newest;
}

function addState(states: KnownOrder['states'], state: OrderStateFragment): KnownOrder['states'] {
  const oldest = states[0]?.version ?? 0;
  if (state.version < oldest || states.some(({ version }) => version === state.version)) return states;
  return [...states, state].sort((a, b) => a.version - b.version);
}
