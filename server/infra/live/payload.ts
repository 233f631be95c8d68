import type { Change, Topic } from './hub.ts';

/** PostgreSQL's limit is 8,000 bytes a payload. */
const MAX_PAYLOAD = 7_500;

/** Writes versions of topics as payloads of notifications: `order:… 3 product:… 17`, as many as they need. */
export function inPayloads(versions: ReadonlyMap<Topic, number>): string[] {
  const payloads: string[] = [];
  let payload = '';
  for (const [topic, version] of versions) {
    const change = `${topic} ${version}`;
    if (payload && payload.length + change.length >= MAX_PAYLOAD) {
      payloads.push(payload);
      payload = '';
    }
    payload += payload ? ` ${change}` : change;
  }
  return payload ? [...payloads, payload] : payloads;
}

/** Reads what `inPayloads` wrote. */
export function* readPayload(payload: string): Generator<Change> {
  const words = payload.split(' ');
  for (let i = 0; i + 1 < words.length; i += 2) yield { topic: words[i] as Topic, version: Number(words[i + 1]) };
}
