// A process of its own that holds streams open and notes what arrives: it gets one order by IPC, and reports twice.
import { Agent, type IncomingMessage, request } from 'node:http';

/** Which streams to hold, each of an order's events, and for how long once all are open. */
export type Read = Readonly<{
  url: string;
  token: string;
  orderIds: readonly string[];
  ms: number;
  /** The version after which to begin; at the current one unless told. */
  after?: number;
  /** Ask for the order with each event, which the server has to load for each time that it executes one. */
  withOrder?: boolean;
}>;
/** Sent when all streams are open and have told what was there. */
export type Opened = Readonly<{ opened: number; failed: number }>;
/** What arrived: the last version of each stream, gaps in the versions, and how late each event of the time was. */
export type Told = Readonly<{ versions: number[]; gaps: number; delaysMs: number[][]; ended: number }>;

const progress = (order: string) =>
  `subscription ($id: ID!, $after: Int) { orderProgress(orderId: $id, afterVersion: $after) { version at ${order} } }`;
const AT_ONCE = 200;

type Stream = { version: number | undefined; gaps: number; delays: number[]; ended: boolean };

/** Opens a stream; resolves with its first event. */
function open({ url, token, after, withOrder }: Read, orderId: string, agent: Agent): Promise<Stream> {
  const stream: Stream = { version: after, gaps: 0, delays: [], ended: false };
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const sent = request(new URL('/graphql', url), { method: 'POST', agent, headers }, (response: IncomingMessage) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const now = Date.now();
        const events = (rest + text).split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) note(stream, event, now);
        if (stream.version !== after) resolve(stream);
      });
      response.on('close', () => {
        stream.ended = true;
        reject(new Error(`closed: HTTP ${response.statusCode}`));
      });
    });
    sent.on('error', reject);
    sent.end(
      JSON.stringify({ query: progress(withOrder ? 'order { number }' : ''), variables: { id: orderId, after } }),
    );
  });
}

function note(stream: Stream, event: string, now: number): void {
  const data = event.match(/^data: ?(\{.*)$/m)?.[1];
  if (!data) return;
  const told = (JSON.parse(data) as { data?: { orderProgress?: { version: number; at: string } } }).data?.orderProgress;
  if (!told) return;
  if (stream.version !== undefined && told.version !== stream.version + 1) stream.gaps++;
  stream.version = told.version;
  stream.delays.push(now - Date.parse(told.at));
}

async function read(order: Read): Promise<void> {
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  const streams: (Stream | undefined)[] = [];
  for (let start = 0; start < order.orderIds.length; start += AT_ONCE) {
    const some = order.orderIds
      .slice(start, start + AT_ONCE)
      .map((id) => open(order, id, agent).catch(() => undefined));
    streams.push(...(await Promise.all(some)));
  }
  // What was there before is not news.
  for (const stream of streams) stream?.delays.splice(0);
  const failed = streams.filter((stream) => stream === undefined).length;
  process.send?.({ opened: streams.length - failed, failed } satisfies Opened);
  setTimeout(() => {
    process.send?.({
      versions: streams.map((stream) => stream?.version ?? 0),
      gaps: streams.reduce((sum, stream) => sum + (stream?.gaps ?? 0), 0),
      delaysMs: streams.map((stream) => stream?.delays ?? []),
      ended: streams.filter((stream) => stream?.ended).length,
    } satisfies Told);
  }, order.ms);
}

process.on('message', (order: Read) => void read(order));
process.on('disconnect', () => process.exit());
