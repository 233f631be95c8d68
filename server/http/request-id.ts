import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a log line or a header can hold without harm. */
const SANE = /^[\w.:/+=-]{1,128}$/;

/** Of this process, so that no two requests of a store have one id. They need not be hard to guess. */
const PREFIX = randomBytes(6).toString('base64url');
let last = 0;

/** Names a request, in the log and in its answer: as `x-request-id` does if that is sane, else by an id of our own. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : `${PREFIX}-${(++last).toString(36)}`;
}
