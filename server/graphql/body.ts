import type { IncomingMessage } from 'node:http';

/** Reads the body of a request: `node:stream/consumers` would make a Blob of it, which costs as much as the query in it. */
export function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const onData = (chunk: Buffer) => chunks.push(chunk);
    const onEnd = () => {
      // A stream keeps its request for as long as it is open, and would keep the body by these.
      request.off('data', onData).off('error', reject);
      resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString());
    };
    request.on('data', onData).once('end', onEnd).once('error', reject);
  });
}
