import type { IncomingMessage } from 'node:http';

/** Reads the body of a request: `node:stream/consumers` would make a Blob of it, which costs as much as the query in it. */
export function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString()));
    request.once('error', reject);
  });
}
