import { DBOS } from '@dbos-inc/dbos-sdk';
import { inventoriesOf } from '../catalog/catalog.queries.ts';
import type { Problem } from '../domain/checkout.ts';
import { keyProblem } from '../domain/key.ts';
import { levelled, levelProblem, MAX_INVENTORY, type StockLevel } from '../domain/stock.ts';
import { currentDatabase } from '../infra/database.ts';
import { hashOf, keyHashOf } from '../infra/hash.ts';
import { newId } from '../infra/new-id.ts';
import type { RestockRequest } from './restock.sql.ts';
import { restockWorkflow } from './restock.workflow.ts';

export type RestockAnswer =
  | Readonly<{ type: 'RESTOCKED'; productIds: readonly number[] }>
  | Readonly<{ type: 'CONFLICT' | 'NOT_FOUND' }>
  | Readonly<{ type: 'INVALID'; problem: Problem }>;

/** What is asked of a restocking: of one product, or of every product (`productId` null). `scope`: whose key it is. */
export type RestockIntent = Readonly<{ scope: string; key: string; productId: number | null; level: StockLevel }>;

/**
 * Restocks, and answers once it is done. The same key with the same input is done once; with another input it conflicts.
 * A refusal leaves nothing behind: asked again with the same key, it is looked at again.
 */
export async function restock({ scope, key, productId, level }: RestockIntent): Promise<RestockAnswer> {
  const wrongKey = keyProblem(key);
  if (wrongKey) return invalid({ path: ['idempotencyKey'], message: wrongKey });
  const wrongLevel = levelProblem(level);
  if (wrongLevel) return invalid(wrongLevel);
  const requestHash = hashOf(JSON.stringify([productId, level]));

  const keyHash = keyHashOf(scope, key);
  const known = await findRestock(keyHash);
  if (known) return answer(known, requestHash);
  const inventories = await inventoriesOf(productId);
  if (productId !== null && inventories.length === 0) return { type: 'NOT_FOUND' };
  if (inventories.some((units) => levelled(units, level) === undefined)) return invalid(TOO_MANY);

  // It is done once because its key is written once, with it; a workflow named by the key would repeat a refusal for ever.
  const workflowID = `restock:${newId()}`;
  const request: RestockRequest = { keyHash, requestHash, productId, level };
  const handle = await DBOS.startWorkflow(restockWorkflow, { workflowID })(request);
  const result = await handle.getResult();
  const done = await findRestock(keyHash);
  if (done) return answer(done, requestHash);
  if ('tooMany' in result) return invalid(TOO_MANY);
  throw new Error(`The restocking ${workflowID} left no trace.`);
}

const TOO_MANY: Problem = {
  path: ['level', 'add'],
  message: `A product would have more than ${MAX_INVENTORY} units.`,
};

const invalid = (problem: Problem): RestockAnswer => ({ type: 'INVALID', problem });

type KnownRestock = { requestHash: string; productIds: number[] };

function findRestock(keyHash: string): Promise<KnownRestock | null> {
  return currentDatabase().restock.findUnique({ where: { keyHash }, select: { requestHash: true, productIds: true } });
}

function answer(known: KnownRestock, requestHash: string): RestockAnswer {
  if (known.requestHash !== requestHash) return { type: 'CONFLICT' };
  return { type: 'RESTOCKED', productIds: known.productIds };
}
