import { oneByOne, step } from '../infra/step.ts';
import { pruneFinished, pruneRefused } from './retention.sql.ts';

/** Deletes a batch of finished workflows. Returns how many. */
export const pruneBatch = step('pruneBatch', oneByOne(pruneFinished));

/** Deletes a batch of orders that were refused for lack of stock. Returns how many. */
export const pruneRefusedOrders = step('pruneRefusedOrders', oneByOne(pruneRefused));
