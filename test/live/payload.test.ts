import { expect, test } from 'vitest';
import type { Topic } from '../../server/infra/live/hub.ts';
import { inPayloads, readPayload } from '../../server/infra/live/payload.ts';

const versions = (count: number) =>
  new Map<Topic, number>(Array.from({ length: count }, (_, i) => [`order:${crypto.randomUUID()}`, i + 1]));

test.each([0, 1, 2, 200, 5000])('%i changes are read as they were written', (count) => {
  const written = versions(count);
  const changes = inPayloads(written).flatMap((payload) => [...readPayload(payload)]);
  expect(new Map(changes.map(({ topic, version }) => [topic, version]))).toEqual(written);
});

test('no payload is longer than PostgreSQL takes', () => {
  const payloads = inPayloads(versions(5000));
  expect(Math.max(...payloads.map((payload) => Buffer.byteLength(payload)))).toBeLessThan(8000);
  expect(payloads.length).toBeLessThan(50);
});

test('what is no payload is no change', () => {
  expect([...readPayload('')]).toEqual([]);
  expect([...readPayload('alone')]).toEqual([]);
});
