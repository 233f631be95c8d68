import type { Tx } from '../infra/database.ts';
import { isHeld } from '../infra/database-errors.ts';
import { runningGroupCommit } from '../infra/fast/current.ts';
import type { Topic } from '../infra/live/hub.ts';
import { live } from '../infra/live/live.ts';
import { persistently } from '../infra/persistently.ts';
import { advanceInTime, topicOf } from './orders.steps.ts';
import { freeOrders } from './sql/advance.ts';

/** The dispatch of an order that was paid at `paidAt` (Unix milliseconds, the database's clock): a step every `stepMs`. */
export type Dispatch = Readonly<{ orderId: string; paidAt: number; steps: number; stepMs: number }>;

/**
 * Takes an order through its dispatch, each step in its time; after a crash, from where it was. The order's progress is
 * the record of a step, so a step that a patch of the workflow brings before these asks for that.
 */
export function dispatch(order: Dispatch): Promise<void> {
  return dispatcher.run(order);
}

/** What comes due within this goes with one statement, at the end of it. */
const SLOT_MS = 40;
const MOST_AT_ONCE = 2_000;
/** What is known of the database's clock is corrected now and then: a long wait is measured anew. */
const LONGEST_WAIT_MS = 1_000;

/** When an order is looked at again that somebody else holds. */
const HELD_AGAIN_MS = 1_000;

/**
 * A dispatch with the step that it waits for. `since`: when it began to wait here, perhaps after a crash. `held`: somebody
 * else had locked its order when it was to be advanced.
 */
type Running = Dispatch & {
  topic: Topic;
  step: number;
  since: number;
  held: boolean;
  done: () => void;
  fail: (error: unknown) => void;
};

const timeOf = ({ paidAt, step, stepMs }: Running) => paidAt + step * stepMs;

/**
 * Advances all dispatches of this process that are due at the same moment with one statement. Between its steps a dispatch is
 * a place in a list, with no timer of its own.
 */
class Dispatcher {
  /** What comes due by the end of each slot, by its number. */
  readonly #slots = new Map<number, Running[]>();
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Infinity;
  #busy = false;

  /** Resolves when the last step is taken. Rejects when one cannot be. */
  run(order: Dispatch): Promise<void> {
    return new Promise((done, fail) => {
      const since = live.databaseNow();
      this.#wait({ ...order, topic: topicOf(order.orderId), step: 1, since, held: false, done, fail });
      this.#arm();
    });
  }

  #wait(running: Running, time = timeOf(running)): void {
    const slot = Math.ceil(time / SLOT_MS);
    const others = this.#slots.get(slot);
    if (others) others.push(running);
    else this.#slots.set(slot, [running]);
  }

  #arm(): void {
    if (this.#busy || this.#slots.size === 0) return;
    let next = Infinity;
    for (const slot of this.#slots.keys()) next = Math.min(next, slot * SLOT_MS);
    if (next >= this.#firesAt) return;
    clearTimeout(this.#timer);
    this.#firesAt = next;
    const wait = Math.min(Math.max(0, live.millisecondsUntil(next)), LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => void this.#advanceDue(), wait);
  }

  async #advanceDue(): Promise<void> {
    this.#firesAt = Infinity;
    this.#busy = true;
    await this.#advance(this.#takeDue());
    this.#busy = false;
    this.#arm();
  }

  #takeDue(): Running[] {
    const now = live.databaseNow();
    const slots = [...this.#slots.keys()].filter((slot) => slot * SLOT_MS <= now).sort((a, b) => a - b);
    const due = slots.flatMap((slot) => {
      const all = this.#slots.get(slot)!;
      this.#slots.delete(slot);
      return all;
    });
    // The rest goes next, since it is over the time then.
    if (due.length > MOST_AT_ONCE) this.#slots.set(slots.at(-1)!, due.splice(MOST_AT_ONCE));
    return due;
  }

  /** Advances each, or fails each that cannot be advanced. Those whose order somebody else holds wait, and nobody for them. */
  async #advance(all: Running[]): Promise<void> {
    const group = runningGroupCommit();
    // When the process stops, dispatches stay as recorded, and another process goes on with them.
    if (!group || all.length === 0) return;
    const due = all.some(({ held }) => held) ? await this.#withoutHeld(group.pool.autocommit, all) : all;
    if (due.length === 0) return;
    // One that was taken up when its time was over is late since then.
    const steps = due.map((running) => ({
      orderId: running.orderId,
      step: running.step,
      due: Math.max(timeOf(running), running.since),
    }));
    try {
      const advance = () => advanceInTime(group.pool.autocommit, steps);
      const advanced = await persistently('advanceDispatch', advance, isHeld);
      live.announce(due.map(({ topic }, index) => ({ topic, version: advanced[index]!.version })));
    } catch (error) {
      if (isHeld(error)) return this.#advance(due.map((running) => Object.assign(running, { held: true })));
      if (due.length > 1) for (const running of due) await this.#advance([running]);
      else due[0]!.fail(error);
      return;
    }
    for (const running of due) {
      if (running.step++ === running.steps) running.done();
      else this.#wait(running);
    }
  }

  /** Leaves those out that somebody holds just now, to be looked at again in a while: they are not late by our doing. */
  async #withoutHeld(tx: Tx, due: Running[]): Promise<Running[]> {
    const ids = due.map(({ orderId }) => orderId);
    const free = await persistently('freeOrders', () => freeOrders(tx, ids));
    return due.filter((running) => {
      running.held = !free.has(running.orderId);
      if (!running.held) return true;
      running.since = live.databaseNow();
      this.#wait(running, running.since + HELD_AGAIN_MS);
      return false;
    });
  }
}

const dispatcher = new Dispatcher();
