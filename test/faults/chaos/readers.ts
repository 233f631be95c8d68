import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, OrderData } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { type Stream, subscribe } from '../../support/sse.ts';
import { findOrderStreamProblems, findStateProblems, type Told } from '../../support/stream-checks.ts';
import type { Random } from '../random.ts';

const ORDER = `subscription ($orderId: ID!, $afterVersion: Int) {
  orderProgress(orderId: $orderId, afterVersion: $afterVersion) { version type status } }`;
const STOCK = 'subscription { inventoryChanged { id version } }';
const ORDERS = 'subscription { ordersChanged { id version } }';

type Event = Told & { status: string };
type State = { id: string; version: number };

/** So long a reader hears nothing before it turns to another server. */
const SILENCE_MS = 12_000;
const LOOK_MS = 200;
const AGAIN_MS = 100;
const FOLLOWED = 0.4;
const LEAVES = 0.2;
const LATEST_MS = 60_000;
const LATELY = 50;

/** Readers of streams, each of which resumes where its last stream ended, at the next server. */
export class Readers {
  /** Streams that ended, or were left, before all was told. */
  resumed = 0;
  readonly #urls: readonly string[];
  readonly #random: Random;
  readonly #orders = new Map<string, Event[]>();
  readonly #following: Promise<void>[] = [];
  readonly #states: { field: string; connections: State[][] }[] = [];
  readonly #end = new AbortController();
  #patient = false;

  constructor(urls: readonly string[], random: Random) {
    setMaxListeners(0, this.#end.signal);
    this.#urls = urls;
    this.#random = random;
    for (const first of urls.keys()) {
      this.#followStates(STOCK, 'inventoryChanged', first);
      this.#followStates(ORDERS, 'ordersChanged', first);
    }
  }

  /** Follows some of the orders that it is offered. */
  offer({ id }: OrderData): void {
    if (this.#orders.has(id) || this.#random() >= FOLLOWED) return;
    this.#orders.set(id, []);
    this.#following.push(this.#followOrder(id));
  }

  get orders(): number {
    return this.#orders.size;
  }

  get events(): number {
    return [...this.#orders.values()].reduce((sum, events) => sum + events.length, 0);
  }

  /**
   * Waits until every order that is followed was told to its end, now without leaving a silent stream, and tells in
   * words what was not told as it should be. The store must have come to rest, but for what is still being told.
   */
  async findProblems(client: Client): Promise<string[]> {
    this.#patient = true;
    const problems: string[] = [];
    const late = delay(LATEST_MS, 'late', { signal: this.#end.signal }).catch(() => 'late');
    if ((await Promise.race([Promise.all(this.#following), late])) === 'late')
      problems.push('not every stream of an order was told to its end in time');
    for (const [id, events] of this.#orders) {
      // A refund can come after the end that the stream told.
      // Again, since a connection can be reused of which nobody has noticed yet that its server is gone.
      const variables = { orderId: id, afterVersion: events.at(-1)?.version ?? 0 };
      const rest = await eventually('the rest of a stream', () =>
        subscribe<{ orderProgress: Event }>(this.#urls[0]!, ORDER, variables, {}, AbortSignal.timeout(LATEST_MS)),
      );
      await rest.ended;
      const told = [...events, ...rest.answers.map(({ data }) => data!.orderProgress)];
      const history = (await client.order(id))?.events ?? [];
      problems.push(...findOrderStreamProblems(told, history).map((problem) => `stream of order ${id}: ${problem}`));
    }
    problems.push(...(await this.#findStateProblems(client)));
    return problems;
  }

  async #findStateProblems(client: Client): Promise<string[]> {
    const { edges } = await client.ask<{ edges: { node: State }[] }>('{ products { edges { node { id version } } } }');
    const stock = new Map(edges.map(({ node }) => [node.id, node.version]));
    const readings = await Promise.all(
      this.#states.map(async ({ field, connections }) => {
        const now = field === 'inventoryChanged' ? stock : await ordersNow(client, connections.at(-1) ?? []);
        return { field, connections, now };
      }),
    );
    const find = () =>
      readings.flatMap(({ field, connections, now }) =>
        findStateProblems(connections, now).map((problem) => `${field}: ${problem}`),
      );
    await eventually('the newest is told', () => find().length === 0).catch(() => {});
    return find();
  }

  /** Leaves all streams. */
  async close(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#following);
  }

  async #followOrder(orderId: string): Promise<void> {
    const told = this.#orders.get(orderId)!;
    const leaves = this.#random() < LEAVES;
    const finished = () => ['DISPATCHED', 'CANCELLED'].includes(told.at(-1)?.status ?? '');
    for (let i = Math.floor(this.#random() * 100); !finished() && !this.#end.signal.aborted; i++) {
      const before = told.length;
      const variables = { orderId, afterVersion: told.at(-1)?.version ?? 0 };
      await this.#read<{ orderProgress: Event }>(i, ORDER, variables, (data) => {
        told.push(data.orderProgress);
        return !(leaves && told.length > before);
      });
      if (!finished()) this.resumed++;
    }
  }

  #followStates(query: string, field: string, first: number): void {
    const connections: State[][] = [];
    this.#states.push({ field, connections });
    const follow = async () => {
      for (let i = first; !this.#end.signal.aborted; i++) {
        const states: State[] = [];
        connections.push(states);
        await this.#read<Record<string, State>>(i, query, {}, (data) => states.push(data[field]!) > 0);
      }
    };
    void follow();
  }

  /** Reads one stream until it ends, `take` has enough, or there is silence; then waits a moment. */
  async #read<Data>(server: number, query: string, variables: object, take: (data: Data) => boolean): Promise<void> {
    const leave = new AbortController();
    const signal = AbortSignal.any([leave.signal, this.#end.signal]);
    const url = this.#urls[server % this.#urls.length]!;
    let taken = 0;
    let heardAt = performance.now();
    let stream: Stream<Data> | undefined;
    const drain = () => {
      for (const { data } of stream?.answers.slice(taken) ?? []) {
        if (leave.signal.aborted) return;
        taken++;
        heardAt = performance.now();
        if (!data || !take(data)) leave.abort();
      }
    };
    const look = setInterval(() => {
      drain();
      // Once the faults are over, only a server that does not even begin to answer is left.
      const patient = this.#patient && stream !== undefined;
      if (!patient && performance.now() > heardAt + SILENCE_MS) leave.abort();
    }, LOOK_MS);
    try {
      stream = await subscribe<Data>(url, query, { ...variables }, {}, signal);
      await stream.ended;
      drain();
    } catch {
      // There was no stream: the next server is asked.
    } finally {
      clearInterval(look);
    }
    await delay(AGAIN_MS, undefined, { signal: this.#end.signal }).catch(() => {});
  }
}

/** Who watches all orders hears of those that change from then on: of what was told lately, the newest is known. */
async function ordersNow(client: Client, told: readonly State[]): Promise<Map<string, number>> {
  const ids = [...new Set(told.map(({ id }) => id))].slice(-LATELY);
  return new Map(await Promise.all(ids.map(async (id) => [id, (await client.order(id))!.version] as const)));
}
