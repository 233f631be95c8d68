import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyAddress from 'proxy-addr';

/** Tells which client sent a request. */
export type ClientOf = (request: IncomingMessage) => string;

/** Proxies whose `X-Forwarded-For` is believed: how many stand before us, or their addresses and networks. */
export type TrustedProxies = number | readonly string[];

/**
 * Reads `TRUST_PROXY`: a number of proxies; or addresses, networks like `10.0.0.0/8` and the names `loopback`, `linklocal`
 * and `uniquelocal`, separated by commas. Throws TypeError when it is something else.
 */
export function readTrustedProxies(text: string): TrustedProxies {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  if (/^\d+$/.test(text)) throw new TypeError('at most 99 proxies');
  const addresses = text.split(',').map((part) => part.trim());
  proxyAddress.compile(addresses);
  return addresses;
}

/**
 * Makes what names a request's client by its address: of IPv6 by the network, /64, since that is what one client is given.
 * Without trusted proxies it is whoever is connected to us; with them, the last address that they do not vouch for.
 */
export function clientsBehind(trusted: TrustedProxies): ClientOf {
  const trust =
    typeof trusted === 'number' ? (_address: string, hop: number) => hop < trusted : proxyAddress.compile([...trusted]);
  // A connection has one client, unless a proxy shares it between many.
  const known = new WeakMap<object, string>();
  return (request) => {
    if (request.headers['x-forwarded-for'] !== undefined && trusted !== 0)
      return networkOf(proxyAddress(request, trust));
    const client = known.get(request.socket) ?? networkOf(request.socket.remoteAddress);
    known.set(request.socket, client);
    return client;
  };
}

/** An address with a port, as some gateways write it: `192.0.2.1:5678`, `[2001:db8::1]:5678`. */
const WITH_PORT = /^(?:([\d.]+)|\[([\da-f:.]+)\])(?::\d+)?$/i;

/** Names the network of an address, as `192.0.2.1` or `2001:db8:1:2::/64`. */
export function networkOf(given: string | undefined): string {
  const [, ipv4, ipv6] = WITH_PORT.exec(given ?? '') ?? [];
  const address = ipv4 ?? ipv6 ?? given;
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const [a, b, c, d] = (parsed as ipaddr.IPv6).parts;
  return `${[a, b, c, d].map((part) => part!.toString(16)).join(':')}::/64`;
}
