import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A proxy before PostgreSQL, or before a server, that treats connections badly when told to. */
export type TcpProxy = Readonly<{
  /** The address of what is behind it, by way of the proxy. */
  url: string;
  /** Cuts the next connection that sends COMMIT, once the server has answered and before the client hears it. */
  loseNextCommit(): void;
  /** Cuts all connections on the client's side at once. The server is not told. */
  cut(): void;
  /** Resets all connections on both sides. */
  reset(): void;
  /** Passes on half of the next piece of an answer, and resets that connection on both sides. */
  cutNextAnswer(): void;
  /** Passes everything on this much later, until healed. */
  delay(milliseconds: number): void;
  /** Passes nothing on, without closing anything or refusing anybody, until healed. */
  blackHole(): void;
  /** Passes nothing on for good on the connections that there are, and closes none. Those that come later are as ever. */
  lose(): void;
  /** Ends delays and the black hole: what was held up goes on. */
  heal(): void;
  close(): Promise<void>;
}>;

type Pair = { client: Socket; server: Socket; losing: boolean; silent: boolean; lost: boolean };

const resetBoth = ({ client, server }: Pair) => {
  client.resetAndDestroy();
  server.resetAndDestroy();
};

/** Starts a proxy before whatever listens at an address, which may be there later or go and come back. */
export async function startProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const pairs = new Set<Pair>();
  let losing = false;
  let cutting = false;
  let delayMs = 0;
  let open = Promise.resolve();
  let heal = () => {};

  /** Passes on what comes, as `look` returns it, until the sender ends. */
  async function pass(from: Socket, to: Socket, look: (data: Buffer) => Buffer | undefined): Promise<void> {
    for await (const data of from) {
      if (delayMs > 0) await delay(delayMs);
      await open;
      const passed = look(data as Buffer);
      if (passed && !to.destroyed) to.write(passed);
    }
  }

  const listener = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    const pair: Pair = { client, server, losing: false, silent: false, lost: false };
    pairs.add(pair);
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', () => {});
    pass(client, server, (data) => {
      if (pair.lost) return undefined;
      if (losing && data.includes('COMMIT')) {
        losing = false;
        pair.losing = true;
      }
      return data;
    })
      .then(() => pair.lost || server.end())
      .catch(() => pair.silent || pair.lost || server.destroy());
    pass(server, client, (data) => {
      if (pair.lost) return undefined;
      if (pair.losing) {
        resetBoth(pair);
        return undefined;
      }
      if (!cutting) return data;
      cutting = false;
      client.write(data.subarray(0, data.length / 2), () => resetBoth(pair));
      return undefined;
    }).catch(() => {});
    server.on('close', () => {
      pairs.delete(pair);
      // What the server sent last is passed on before the end, unless it has been held up.
      client.destroySoon();
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  const url = new URL(targetUrl);
  url.port = String(port);
  return {
    url: url.href,
    loseNextCommit() {
      losing = true;
    },
    cut() {
      for (const pair of pairs) {
        pair.silent = true;
        pair.client.destroy();
      }
    },
    reset() {
      for (const pair of pairs) resetBoth(pair);
    },
    cutNextAnswer() {
      cutting = true;
    },
    delay(milliseconds) {
      delayMs = milliseconds;
    },
    blackHole() {
      heal();
      open = new Promise((resolve) => {
        heal = resolve;
      });
    },
    lose() {
      for (const pair of pairs) pair.lost = true;
    },
    heal() {
      delayMs = 0;
      heal();
    },
    async close() {
      heal();
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      listener.close();
      await once(listener, 'close');
    },
  };
}
