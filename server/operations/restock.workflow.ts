import { DBOS } from '@dbos-inc/dbos-sdk';
import type { RestockRequest } from './restock.sql.ts';
import { restockStep } from './restock.steps.ts';

/** A restocking: recorded before it is done, and done once whatever happens in between. */
export const restockWorkflow = DBOS.registerWorkflow((request: RestockRequest) => restockStep(request), {
  name: 'restock',
  // As with a checkout.
  maxRecoveryAttempts: Number.MAX_SAFE_INTEGER,
});
