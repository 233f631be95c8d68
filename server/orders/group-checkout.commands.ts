import { randomUUID } from 'node:crypto';
import type { Problem } from '../domain/checkout.ts';
import { query, type Tx, together } from '../infra/database.ts';
import { databaseFailure } from '../infra/database-errors.ts';
import { groupCommit } from '../infra/fast/current.ts';
import type { GroupCommit } from '../infra/fast/group.ts';
import { live } from '../infra/live/live.ts';
import { lookUntilSeen, OverloadedError } from '../infra/patience.ts';
import { localInbox } from './orders.inbox.ts';
import { type LoadedOrder, readWithCommit } from './orders.loader.ts';
import { pace } from './orders.pace.ts';
import { findByKey, type KnownCheckout } from './orders.queries.ts';
import { changesOf } from './orders.steps.ts';
import { type CheckoutRequest, checkoutWorkflow } from './orders.workflow.ts';
import { lockShelves, PLACED_VERSION, type Placed, tryToPlace } from './sql/place.ts';

type Begun = Readonly<{ id: string; owner: string; input: CheckoutRequest; firstOutput: Placed }>;

const UNIQUE_VIOLATION = '23505';

/** `begun`: placed just now, and its workflow is to run here. */
type Placing = { known: KnownCheckout; begun?: Begun; orders?: OrdersById } | { problem: Problem };

type OrdersById = Promise<Map<string, LoadedOrder>>;

type Candidate = Readonly<{ workflowId: string; owner: string; request: CheckoutRequest }>;

/**
 * Places an order with the next group: the order, its stock, its workflow and the checkpoint of the first step are one
 * commit, and the workflow then runs here. If this process dies in between, recovery finds it as any other. Throws
 * OverloadedError when there is too much to do; a key that was used before is then found again later.
 */
export async function placeInGroup(workflowId: string, request: CheckoutRequest) {
  const group = groupCommit();
  if (group.isFull('placeOrder')) throw new OverloadedError('The store is very busy: try again in a few seconds.');
  const candidate: Candidate = { workflowId, owner: randomUUID(), request };
  const tryOnce = () =>
    group.repeatable('placeOrder', (tx, items: Candidate[]) => placeMany(group, tx, items), candidate, {
      max: () => pace.admits(),
      company: true,
    });
  const placing = await tryOnce().catch(async (error: unknown) => {
    if (databaseFailure(error).sqlState !== UNIQUE_VIOLATION) throw error;
    // Another process was first with the key, or an attempt of ours whose COMMIT went through unheard.
    await lookUntilSeen(`order:${request.orderId}`, () => findByKey(request.keyHash));
    return tryOnce();
  });
  if ('problem' in placing) return placing;
  if (placing.begun) {
    const { orderId } = request;
    live.announce(changesOf(orderId, placing.begun.firstOutput));
    if (placing.begun.firstOutput.status === 'PENDING') localInbox.open(request);
    await group.run(checkoutWorkflow, placing.begun);
  }
  return { known: placing.known, order: (await placing.orders)?.get(placing.known.id) };
}

const KNOWN = `
  SELECT key_hash AS "keyHash", id, request_hash AS "requestHash", coalesce(cancel_reason = 'OUT_OF_STOCK', false) AS "outOfStock",
    (extract(epoch FROM pay_by) * 1000)::float8 AS "payBy"
  FROM orders WHERE key_hash = ANY($1::text[])`;

type KnownRow = KnownCheckout & { keyHash: string; payBy: number };

async function placeMany(group: GroupCommit, tx: Tx, candidates: Candidate[]): Promise<Placing[]> {
  const requests = candidates.map(({ request }) => request);
  const keys = requests.map(({ keyHash }) => keyHash);
  const [rows, shelves] = await together(
    tx,
    () => query<KnownRow>(tx, KNOWN, keys),
    () => lockShelves(tx, requests),
  );
  const known = new Map(rows.map((row) => [row.keyHash, row]));
  const fresh = new Map<string, Candidate>();
  for (const candidate of candidates)
    if (!known.has(candidate.request.keyHash) && !fresh.has(candidate.request.keyHash))
      fresh.set(candidate.request.keyHash, candidate);

  const placed = await tryToPlace(
    tx,
    shelves,
    [...fresh.values()].map(({ request }) => request),
  );
  const problemOfAnother = ({ keyHash, requestHash }: CheckoutRequest) =>
    requests.some((other) => other.keyHash === keyHash && other.requestHash !== requestHash);
  const begun = new Map<string, Begun>();
  const problems = new Map<string, Problem>();
  for (const [index, { workflowId: id, owner, request }] of [...fresh.values()].entries()) {
    const answer = placed[index]!;
    if ('problem' in answer && problemOfAnother(request))
      throw new Error('Two inputs share a key: each is to go alone.');
    if ('problem' in answer) problems.set(request.keyHash, answer.problem);
    else begun.set(request.keyHash, { id, owner, input: request, firstOutput: answer });
  }
  const workflows = [...begun.values()];
  if (workflows.length > 0) await group.begin(tx, 'checkout', 'placeOrder', workflows);
  const orders = readWithCommit(
    tx,
    workflows.map(({ input }) => input.orderId),
  );

  return candidates.map((candidate): Placing => {
    const { keyHash, orderId } = candidate.request;
    const problem = problems.get(keyHash);
    if (problem) return { problem };
    const row = known.get(keyHash);
    if (row) return { known: row, ...(row.id === orderId && { begun: begunBefore(candidate, row) }) };
    const own = begun.get(keyHash)!;
    const { requestHash } = own.input;
    const answer = { id: own.input.orderId, requestHash, outOfStock: own.firstOutput.status === 'CANCELLED' };
    return { known: answer, ...(own.input.orderId === orderId && { begun: own }), ...(orders && { orders }) };
  });
}

/** What an earlier attempt placed whose COMMIT went through although its answer was lost. */
function begunBefore({ workflowId: id, owner, request }: Candidate, { outOfStock, payBy }: KnownRow): Begun {
  const status = outOfStock ? 'CANCELLED' : 'PENDING';
  return { id, owner, input: request, firstOutput: { status, version: PLACED_VERSION, payBy, products: [] } };
}
