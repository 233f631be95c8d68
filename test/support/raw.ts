import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';

export type RawAnswer = { status: number; headers: IncomingHttpHeaders; body: Buffer };

type Asked = { path: string; headers?: Record<string, string>; method?: string; body?: string };

/** Sends a request with its path as it is, and takes the answer as it comes: `fetch` mends the one and unpacks the other. */
export async function rawRequest(
  port: number,
  { path, headers = {}, method = 'GET', body }: Asked,
): Promise<RawAnswer> {
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) };
}

/** Sends bytes as they are, and returns all that comes until the connection is closed. */
export async function sendBytes(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes);
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  // A connection may be reset as well, which `once` would throw.
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}
