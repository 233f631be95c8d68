import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { badRequest, codedError } from '../graphql/public-errors.ts';

const JSON_TYPE = /^application\/(graphql\+)?json\s*(;\s*charset="?utf-8"?\s*)?$/i;

/**
 * Reads the body of a POST, which is JSON only: a form on any site can send the other types without the browser asking
 * this server first, and would so act in its visitor's name. Throws a GraphQL error with status 415 for another type,
 * 413 when it is longer than `mostBytes`, 400 when it is not UTF-8 or the client breaks off.
 */
export function bodyOf(request: IncomingMessage, mostBytes: number): Promise<string> {
  const { 'content-type': type = '', 'content-encoding': encoding, 'content-length': length } = request.headers;
  if (!JSON_TYPE.test(type) || encoding !== undefined) throw codedError('UNSUPPORTED_MEDIA_TYPE', WRONG_TYPE);
  if (Number(length) > mostBytes) throw tooLarge(mostBytes);
  // By events: `node:stream/consumers` makes a Blob of it, which costs as much as the query in it.
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > mostBytes) return reject(tooLarge(mostBytes));
      chunks.push(chunk);
      // Each has a hundred times its own size around it, if it is small enough.
      if (chunks.length === MOST_CHUNKS) chunks = [Buffer.concat(chunks)];
    });
    request.on('end', () => {
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      // A stream keeps its request for as long as it is open, and would keep the body by these.
      chunks = [];
      if (isUtf8(body)) resolve(body.toString());
      else reject(badRequest('The body must be UTF-8.'));
    });
    request.on('close', () => {
      if (!request.complete) reject(badRequest('The body did not arrive whole.'));
    });
  });
}

const MOST_CHUNKS = 64;

const WRONG_TYPE = 'Send the operation as application/json, in UTF-8 and without a content encoding.';

const tooLarge = (mostBytes: number) =>
  codedError('PAYLOAD_TOO_LARGE', `The body may have ${mostBytes} bytes at most.`);

const DRAINED_WITHIN_MS = 1_000;

/**
 * Lets the rest of a body come, for a second at most, and keeps nothing of it: many clients look for an answer only when they
 * have sent all, and a connection that is closed before that loses it.
 */
export function drained(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, DRAINED_WITHIN_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    request.once('end', done).once('close', done).resume();
  });
}
