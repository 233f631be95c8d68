import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const QUERY = `subscription ($orderId: ID!, $afterVersion: Int) {
  orderProgress(orderId: $orderId, afterVersion: $afterVersion) { version } }`;
const COME_AGAIN_MS = 50;

/** What a reader of an order's stream saw. */
export type Watched = {
  versions: number[];
  /** How often it resumed. */
  resumed: number;
  /** How often a response broke off instead of ending. */
  broken: number;
};

/** Follows an order from its first event to the stream's `complete`, and resumes whenever a response ends before. */
export async function watchOrder(storeUrl: string, orderId: string): Promise<Watched> {
  const watched: Watched = { versions: [], resumed: 0, broken: 0 };
  for (; ; watched.resumed++) {
    const variables = { orderId, afterVersion: watched.versions.at(-1) ?? 0 };
    const search = new URLSearchParams({ query: QUERY, variables: JSON.stringify(variables) });
    try {
      const response = await open(`${storeUrl}/graphql?${search}`);
      if (await read(response, watched.versions)) return watched;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
      watched.broken++;
    }
    await delay(COME_AGAIN_MS);
  }
}

async function open(url: string): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent: false, headers: { accept: 'text/event-stream' } }, resolve).once('error', reject);
  });
  if (response.statusCode !== 200) throw new Error(`No stream, but ${response.statusCode}.`);
  return response;
}

/** Reads a response to its end; true when that was said to be the end of the stream. */
async function read(response: IncomingMessage, versions: number[]): Promise<boolean> {
  let rest = '';
  for await (const piece of response.setEncoding('utf8')) {
    const events = (rest + String(piece)).split('\n\n');
    rest = events.pop()!;
    for (const event of events) {
      if (event.includes('event: complete')) return true;
      const [, version] = /"version":(\d+)/.exec(event) ?? [];
      if (version) versions.push(Number(version));
    }
  }
  return false;
}
