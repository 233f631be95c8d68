import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { getSystemErrorName } from 'node:util';

/** A port that is ours, on which nobody listens yet: the servers get its file descriptor and listen on it together. */
export type Port = Readonly<{ fd: number; close(): void }>;

/** Why a port can not be had: the system's code for it. */
export type PortProblem = Readonly<{ problem: string }>;

/** A socket of Node.js without a server around it. */
type Handle = Readonly<{ fd: number; getsockname(out: { port?: number }): number; close(): void }>;

/**
 * What cluster workers share their ports by; not documented. `net.Server` is no way to hold a port for others: it
 * accepts connections as soon as it listens.
 */
type BindsOnly = { _createServerHandle(address: string, port: number, family: number): Handle | number };

/** Takes a port, any free one for 0. A port that is in use is tried again for `patienceMs`. */
export async function takePort(host: string, port: number, patienceMs: number): Promise<Port | PortProblem> {
  for (const end = performance.now() + patienceMs; ; await delay(50)) {
    const taken = await bind(host, port);
    if ('fd' in taken || taken.problem !== 'EADDRINUSE' || performance.now() >= end) return taken;
  }
}

async function bind(host: string, port: number): Promise<Port | PortProblem> {
  const found = await lookup(host).catch((error: NodeJS.ErrnoException) => ({ problem: error.code ?? error.message }));
  if ('problem' in found) return found;
  const handle = (net as unknown as BindsOnly)._createServerHandle(found.address, port, found.family);
  if (typeof handle === 'number') return { problem: getSystemErrorName(handle) };
  // That a port is in use is told by listening; until then, one sees that the socket has got no port.
  const bound: { port?: number } = {};
  handle.getsockname(bound);
  if (bound.port && (port === 0 || bound.port === port)) return { fd: handle.fd, close: () => handle.close() };
  handle.close();
  return { problem: 'EADDRINUSE' };
}
