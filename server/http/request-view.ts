import type { IncomingMessage } from 'node:http';
import type { FetchAPI } from 'graphql-yoga';

/**
 * Shows a request to Yoga and its plugins as the web standard has it. It is made when something of it is looked at, other
 * than the method: no plugin of ours does, and making it costs as much as a query.
 */
export function requestView(fetchAPI: FetchAPI, incoming: IncomingMessage, body: string | undefined): Request {
  let made: Request | undefined;
  return new Proxy(incoming as unknown as Request, {
    get: (_incoming, name) => {
      if (name === 'method') return incoming.method;
      made ??= make(fetchAPI, incoming, body);
      const value: unknown = Reflect.get(made, name, made);
      return typeof value === 'function' ? value.bind(made) : value;
    },
  });
}

function make(fetchAPI: FetchAPI, { method = 'GET', url, headers }: IncomingMessage, body: string | undefined) {
  const given = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')] as [string, string]);
  const init = { method, headers: given, ...(body !== undefined && { body }) };
  return new fetchAPI.Request(`http://${headers.host ?? 'localhost'}${url}`, init);
}
