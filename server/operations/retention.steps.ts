import { transaction } from '../infra/step.ts';
import { pruneFinished } from './retention.sql.ts';

/** Deletes a batch of finished workflows. Returns how many. */
export const pruneBatch = transaction('pruneBatch', pruneFinished);
