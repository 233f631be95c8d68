/** Why there is no room for one more: the process has as many as it can, or the client as many as it may. */
export type NoRoom = 'PROCESS' | 'CLIENT';

/** Counts what a process has under way of one kind, as streams, and what each client has. */
export class Slots {
  readonly #most: number;
  readonly #ofClients = new Map<string, number>();
  #open = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a slot for a client who may have so many; returns what gives it back, once, or why there is none. */
  take(client: string, mostOfClient = Infinity): (() => void) | NoRoom {
    const own = this.#ofClients.get(client) ?? 0;
    if (own >= mostOfClient) return 'CLIENT';
    if (this.#open >= this.#most) return 'PROCESS';
    this.#open++;
    this.#ofClients.set(client, own + 1);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      this.#open--;
      const left = this.#ofClients.get(client)! - 1;
      if (left > 0) this.#ofClients.set(client, left);
      else this.#ofClients.delete(client);
    };
  }
}
