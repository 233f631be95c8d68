import { setTimeout as delay } from 'node:timers/promises';

const BETWEEN_BATCHES_MS = 200;

/** Waits a moment, so that a backlog is pruned beside the orders and not before them. Leaves no trace. */
export const betweenBatches = () => delay(BETWEEN_BATCHES_MS);
