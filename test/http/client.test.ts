import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { clientsBehind, networkOf, readTrustedProxies } from '../../server/http/client.ts';

const request = (remoteAddress: string, forwardedFor?: string) =>
  ({
    headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
    socket: { remoteAddress },
    connection: { remoteAddress },
  }) as unknown as IncomingMessage;

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['nonsense', 'unknown'],
  [undefined, 'unknown'],
])('the client at %s is %s', (address, client) => {
  expect(networkOf(address)).toBe(client);
});

describe('without a trusted proxy', () => {
  test('whoever is connected is the client, whatever it says', () => {
    const clientOf = clientsBehind(readTrustedProxies('0'));
    expect(clientOf(request('203.0.113.1', '192.0.2.7'))).toBe('203.0.113.1');
  });
});

describe('behind trusted proxies', () => {
  test('the last address that they do not vouch for is the client, by their number', () => {
    const clientOf = clientsBehind(readTrustedProxies('2'));
    expect(clientOf(request('10.0.0.1', '1.1.1.1, 192.0.2.7, 10.0.0.2'))).toBe('192.0.2.7');
    expect(clientOf(request('10.0.0.1', '192.0.2.7'))).toBe('192.0.2.7');
    expect(clientOf(request('10.0.0.1'))).toBe('10.0.0.1');
  });

  test('and by their addresses', () => {
    const clientOf = clientsBehind(readTrustedProxies('loopback, 10.0.0.0/8'));
    expect(clientOf(request('127.0.0.1', '1.1.1.1, 192.0.2.7, 10.9.9.9'))).toBe('192.0.2.7');
    expect(clientOf(request('203.0.113.1', '192.0.2.7'))).toBe('203.0.113.1');
  });
});

test.each(['-1', '100', 'everyone', '10.0.0.0/99', 'true', ''])('%o names no proxies', (text) => {
  expect(() => readTrustedProxies(text)).toThrow(TypeError);
});
