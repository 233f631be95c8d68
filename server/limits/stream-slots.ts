/** Why there is no room for a stream: the process has as many as it can, or the client as many as it may. */
export type NoRoom = 'PROCESS' | 'CLIENT';

/** Counts the open streams of a process, and those of each client. */
export class StreamSlots {
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
