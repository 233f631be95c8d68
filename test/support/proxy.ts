import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A proxy before PostgreSQL that loses connections when told to. */
export type DatabaseProxy = Readonly<{
  /** The address of the database, by way of the proxy. */
  url: string;
  /** Cuts the next connection that sends COMMIT, once the server has answered and before the client hears it. */
  loseNextCommit(): void;
  /** Cuts all connections on the client's side at once. The server is not told. */
  cut(): void;
  close(): Promise<void>;
}>;

/** Starts a proxy before the PostgreSQL of an address. */
export async function startProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const clients = new Set<Socket>();
  const servers = new Set<Socket>();
  let armed = false;
  const listener = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    clients.add(client);
    servers.add(server);
    let losing = false;
    client.on('data', (data) => {
      if (armed && data.includes('COMMIT')) {
        armed = false;
        losing = true;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (losing) client.destroy();
      else if (!client.destroyed) client.write(data);
    });
    client.on('error', () => {}).on('close', () => clients.delete(client));
    client.on('end', () => server.end());
    server
      .on('error', () => {})
      .on('close', () => {
        servers.delete(server);
        client.destroy();
      });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  const url = new URL(databaseUrl);
  url.port = String(port);
  return {
    url: url.href,
    loseNextCommit() {
      armed = true;
    },
    cut() {
      for (const client of clients) client.destroy();
    },
    async close() {
      for (const socket of [...clients, ...servers]) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
