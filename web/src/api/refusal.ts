import type { ExecutionResult } from 'urql';
import { serverClock } from './clock.ts';
import { parseMessage } from './sse.ts';

/** An answer that is none yet: the same request, sent again later, can get one. */
export type Refusal = Readonly<{
  /**
   * GONE: the store cannot be reached. AWAY: its database cannot. LIMITED: as much has been asked for from here as may be.
   * HELD: orders of this shopper that wait for payment hold as much as they may. BUSY: the store has too much to do just now.
   */
  reason: 'GONE' | 'AWAY' | 'LIMITED' | 'HELD' | 'BUSY';
  /** How long to wait, in milliseconds, where the answer says so. */
  afterMs?: number | undefined;
}>;

export const GONE: Refusal = { reason: 'GONE' };

/** Nobody is made to wait for longer, whatever an answer says. */
const LONGEST_MS = 60_000;

/** Reads the result in the whole text of an answer, JSON or a stream of one event. Undefined when the API has not written it. */
export function resultIn(text: string): ExecutionResult | undefined {
  const messages = text.split('\n\n').map(parseMessage);
  try {
    const json: unknown = JSON.parse(messages.find((message) => message?.event === 'next')?.data ?? text);
    const isResult = typeof json === 'object' && json !== null && ('data' in json || 'errors' in json);
    return isResult ? (json as ExecutionResult) : undefined;
  } catch {
    return undefined;
  }
}

/** Tells why an answer is none yet; undefined when it is one. `result`: what the API has written, if it was the API. */
export function refusalOf(response: Response, result: ExecutionResult | undefined): Refusal | undefined {
  const reason = result ? reasonIn(result) : reasonOf(response.status);
  return reason && { reason, afterMs: retryAfter(response) };
}

/** Tells why a result is none yet: when nothing was answered, and all that went wrong may go right the next time. */
export function reasonIn({ data, errors = [] }: ExecutionResult): Refusal['reason'] | undefined {
  const answered = data != null && Object.values(data).some((value) => value !== null);
  const all = errors.map((error) => ('extensions' in error ? error.extensions : undefined) ?? {});
  if (answered || all.length === 0 || !all.every(({ retryable }) => retryable === true)) return undefined;
  const has = (code: string) => all.some((each) => each.code === code);
  if (has('ORDERS_LIMITED')) return 'HELD';
  return has('RATE_LIMITED') ? 'LIMITED' : has('UNAVAILABLE') ? 'AWAY' : 'BUSY';
}

// By something in front of the store.
function reasonOf(status: number): Refusal['reason'] | undefined {
  if (status === 429) return 'LIMITED';
  return status >= 500 ? 'GONE' : undefined;
}

/** Reads how long an answer asks to wait, in milliseconds: seconds or a date by RFC 9110, 60 s at most. */
export function retryAfter({ status, headers }: Response): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (!text || (status !== 429 && status !== 503)) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - serverClock.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_MS);
}
