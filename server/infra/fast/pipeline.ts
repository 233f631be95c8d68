import type pg from 'pg';
import type { Tx } from '../database.ts';

/** What a statement can be given: nothing whose conversion could fail after others were sent. */
export type Parameter = string | number | boolean | null | readonly (string | number)[];

/** Names a statement, the same for the same text: it is parsed and planned once a connection. */
export type NameOf = (text: string) => string;

type Stream = { cork: () => void; uncork: () => void };

/**
 * A transaction whose statements do not wait for each other's answers: what is asked for in one go travels in one
 * packet, with the BEGIN before it or the COMMIT behind it. PostgreSQL runs them in order, and once one has failed it
 * refuses those after it and makes the COMMIT a rollback, so that sending ahead commits nothing that is incomplete.
 */
export class Pipeline {
  readonly #client: pg.PoolClient;
  readonly #nameOf: NameOf;
  /** Outcomes that nobody waits for before the COMMIT, BEGIN's first. */
  readonly #sent: Promise<unknown>[] = [];
  #corked = false;
  #failure: unknown;

  constructor(client: pg.PoolClient, nameOf: NameOf) {
    this.#client = client;
    this.#nameOf = nameOf;
    void this.#keep(this.#send('BEGIN'));
  }

  /** This transaction as the statements of features take it: see `query`, `together` and `write`. */
  get tx(): Tx {
    const tx = {
      $queryRawUnsafe: async (text: string, ...values: Parameter[]) => (await this.#send(text, values)).rows,
      sendAhead: (text: string, values: Parameter[]) => this.#keep(this.#send(text, values)),
    };
    return tx as unknown as Tx;
  }

  /** Commits. Throws the first error of all that was sent; then nothing is done, unless the answer was lost. */
  async commit(): Promise<void> {
    const committed = this.#send('COMMIT');
    const [...outcomes] = await Promise.allSettled([...this.#sent, committed]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    if ((await committed).command !== 'COMMIT') throw new Error('The transaction was rolled back.');
  }

  #keep<Outcome>(outcome: Promise<Outcome>): Promise<Outcome> {
    outcome.catch(() => {});
    this.#sent.push(outcome);
    return outcome;
  }

  /**
   * Those after a statement that failed throw its error: their own would say no more than that they came after it. Nothing
   * more is sent then, since without its BEGIN it would take effect by itself.
   */
  async #send(text: string, values?: Parameter[]): Promise<pg.QueryResult> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#gather();
    try {
      return await this.#client.query(values ? { name: this.#nameOf(text), text, values } : text);
    } catch (error) {
      this.#failure ??= error;
      throw this.#failure;
    }
  }

  /** Holds back what is written to the connection until all that is asked for now has been. */
  #gather(): void {
    if (this.#corked) return;
    this.#corked = true;
    // Public in node-postgres, though not in its types.
    const { stream } = (this.#client as unknown as { connection: { stream: Stream } }).connection;
    stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      stream.uncork();
    });
  }
}
