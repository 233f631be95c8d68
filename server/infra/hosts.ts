import { isIP } from 'node:net';

/** One server of several, and the address that names it alone. */
export type Host = Readonly<{ host: string; port: number; url: string }>;

/** A connection string, taken apart. */
export type Address = Readonly<{
  /** The address as `URL` and node-postgres read it: of several hosts it names the first alone. */
  url: string;
  /** The hosts, in the order given, if there are several; else none, and `url` is what was given. */
  hosts: readonly Host[];
}>;

const DEFAULT_PORT = 5432;
const AUTHORITY = /^(postgres(?:ql)?:\/\/)([^/?#]*)(.*)$/s;
const HOST = /^(\[[\da-f:.]+\]|[^:[\]]+)(?::(\d*))?$/i;
/** The store writes: of the hosts, it always looks for the one that lets it. */
const WANTED = new Set([null, 'any', 'read-write', 'primary']);

/**
 * Takes a connection string apart that may have several hosts, as libpq's may:
 * `postgresql://user:password@one:5432,two:5433/store?target_session_attrs=read-write`. Throws TypeError, which says
 * what is wrong and does not repeat the password.
 */
export function parseAddress(text: string): Address {
  const [, scheme = '', authority = '', rest = ''] = AUTHORITY.exec(text) ?? [];
  const at = authority.lastIndexOf('@') + 1;
  const credentials = authority.slice(0, at);
  const names = authority.slice(at).split(',');
  if (names.length === 1) return { url: text, hosts: [] };
  const wanted = new URLSearchParams(/\?([^#]*)/.exec(rest)?.[1]).get('target_session_attrs');
  if (!WANTED.has(wanted)) throw new TypeError(`target_session_attrs=${wanted}: the store needs the primary`);
  const hosts = names.map((name): Host => {
    const [, host, port] = HOST.exec(name) ?? [];
    const number = Number(port || DEFAULT_PORT);
    if (host === undefined || number < 1 || number > 65_535) throw new TypeError(`not a host and its port: "${name}"`);
    return {
      host: decodeURIComponent(host.replace(/^\[|\]$/g, '')),
      port: number,
      url: `${scheme}${credentials}${host}:${number}${rest}`,
    };
  });
  return { url: hosts[0]!.url, hosts };
}

/** Whether a host is this machine: its name, an address of its own, or the path of a socket. */
export const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('/') || (isIP(host) === 4 && host.startsWith('127.'));
