import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { log } from '../infra/log.ts';
import { logBudget } from '../infra/log-budget.ts';
import { networkOf } from './client.ts';

/** Closes connections beyond so many of one address, of IPv6 one network, as soon as they are made. */
export function limitConnections(server: Server, mostOfClient: number): void {
  const ofClients = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const client = networkOf(socket.remoteAddress);
    const count = (ofClients.get(client) ?? 0) + 1;
    if (count > mostOfClient) {
      if (logBudget.allows()) log.info({ client }, 'a connection was refused: its client has as many as it may');
      socket.destroy();
      return;
    }
    ofClients.set(client, count);
    socket.once('close', () => {
      const left = ofClients.get(client)! - 1;
      if (left > 0) ofClients.set(client, left);
      else ofClients.delete(client);
    });
  });
}
