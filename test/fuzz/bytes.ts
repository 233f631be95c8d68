import type { Chance } from './chance.ts';
import { NUMBERS, TEXTS } from './values.ts';

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PATCH',
  'PROPFIND',
  'get',
  'G\tET',
  '',
];
const PATHS = [
  '/',
  '/graphql',
  '/graphql?',
  '/graphql?query={__typename}',
  '/graphql?query={',
  '/graphql?query=%',
  '/graphql?variables={',
  '/graphql?query={__typename}&query={__typename}',
  '/graphql/',
  '//graphql',
  '/livez',
  '/readyz',
  '/orders/x',
  '/products/WIDGET',
  '/favicon.ico',
  '/robots.txt',
  '/index.html',
  '/assets/',
  '/assets/x.js',
  '/../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/%00',
  '/%',
  '/\\',
  '*',
  'http://[',
  'http://x/graphql?query={__typename}',
  '?',
  '#',
  '/ /',
  `/${'a'.repeat(10_000)}`,
  '/\xff',
  '',
]; // prettier-ignore
const RANGES = [
  'bytes=5-2',
  'bytes=0-',
  'bytes=-1',
  'bytes=0-0,1-1',
  'bytes=',
  'bytes=a-b',
  'bytes=9999999999999999999-',
  'x=1-2',
  'bytes=-0',
];
const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'application/graphql',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/json; charset=',
  'application/json;',
  '*/*',
  '',
  'application/graphql-response+json',
]; // prettier-ignore
const ACCEPTS = [
  '*/*',
  'text/event-stream',
  'application/json;q=0',
  'text/html',
  'application/graphql-response+json',
  '',
  ';;;',
  'a/b;q=9',
  'text/*',
]; // prettier-ignore
const HOSTS = ['127.0.0.1', 'x', '[', '[::1]', '[::1', 'a b', '', ':', 'x:99999999', '<x>', 'x/y'];
const BODIES = [
  '{"query":"{__typename}"}',
  '{"query":',
  '{"query":"{__typename}"}x',
  '[]',
  '[{"query":"{__typename}"}]',
  'null',
  '7',
  '"x"',
  '',
  '{"query":"{__typename}","variables":"x"}',
  `{"query":"{__typename}","variables":${'['.repeat(20_000)}`,
  '{"query":"\\ud800"}',
  `{"query":"{__typename}","extensions":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
  '\x00\x01\x02',
  '\xff\xfe{',
  ' '.repeat(70_000),
]; // prettier-ignore

/** Writes bytes for a connection that are HTTP by and large, or not at all. */
export function bytesOf(chance: Chance): Buffer {
  if (chance.is(0.05)) return Buffer.from(chance.times(1 + chance.below(400), () => chance.below(256)));
  const request = () => requestOf(chance);
  const text = chance.is(0.08) ? chance.times(chance.of([2, 8, 40]), request).join('') : request();
  // As it is, or broken off somewhere.
  return Buffer.from(chance.is(0.1) ? text.slice(0, chance.below(text.length)) : text, 'latin1');
}

function requestOf(chance: Chance): string {
  const body = chance.is(0.4) ? chance.of(BODIES) : '';
  const headers: [string, string][] = [['host', chance.is(0.7) ? '127.0.0.1' : chance.of(HOSTS)]];
  const add = (share: number, name: string, values: readonly string[]) => {
    if (chance.is(share)) headers.push([name, chance.of(values)]);
  };
  add(0.3, 'range', RANGES);
  add(0.5, 'content-type', TYPES);
  add(0.4, 'accept', ACCEPTS);
  add(0.2, 'accept-encoding', ['br', 'gzip', 'identity;q=0', '*;q=0', 'br;q=0', ',,,', 'x']);
  add(0.1, 'if-none-match', ['*', '"x"', 'W/"x"', '', ',,']);
  add(0.1, 'if-modified-since', ['x', 'Thu, 01 Jan 1970 00:00:00 GMT', '0']);
  add(0.1, 'authorization', ['Bearer', 'Bearer x', 'Basic x', '', 'Bearer x y', `Bearer ${'x'.repeat(5_000)}`]);
  add(0.1, 'x-request-id', ['x', '', 'x'.repeat(500), '{"a":1}', "' OR 1=1"]);
  add(0.1, 'x-forwarded-for', ['1.2.3.4', 'x', '::1', ',,,', '1.2.3.4, 5.6.7.8', 'unknown']);
  add(0.1, 'connection', ['close', 'keep-alive', 'upgrade', 'x']);
  add(0.05, 'upgrade', ['websocket', 'h2c', '']);
  add(0.05, 'expect', ['100-continue', 'x']);
  add(0.05, 'content-encoding', ['gzip', 'br', 'x']);
  add(0.05, 'transfer-encoding', ['chunked', 'chunked, chunked', 'xchunked', 'gzip']);
  add(0.05, 'cookie', ['a=b', '__proto__=1']);
  add(0.03, chance.of(['x y', '', 'x\0', '__proto__', 'content-length']), [
    ...TEXTS.slice(0, 8),
    ...NUMBERS.map(String),
  ]);
  if (chance.is(0.8)) headers.push(['content-length', String(chance.is(0.9) ? body.length : chance.of([...NUMBERS]))]);
  const line = `${chance.is(0.8) ? chance.of(['GET', 'POST']) : chance.of(METHODS)} ${chance.of(PATHS)} ${chance.is(0.95) ? 'HTTP/1.1' : chance.of(['HTTP/1.0', 'HTTP/2', 'HTTP/9.9', 'x', ''])}`;
  return `${line}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}
