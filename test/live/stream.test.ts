import { afterEach, expect, test } from 'vitest';
import type { Watch } from '../../server/infra/live/hub.ts';
import { live } from '../../server/infra/live/live.ts';
import { streamOf } from '../../server/infra/live/stream.ts';

/** Reads numbers: one for each change. */
function numbers() {
  const seen: { watch?: Watch; ended: boolean } = { ended: false };
  const stream = streamOf(['product:1'], async function* (watch) {
    seen.watch = watch;
    try {
      for (let number = 1; !watch.closed; number++) {
        await watch.changed();
        if (watch.take().size > 0) yield number;
      }
    } finally {
      seen.ended = true;
    }
  });
  return { stream, seen };
}

let version = 0;
const change = () => live.announce([{ topic: 'product:1', version: ++version }]);
afterEach(() => live.stop());

test('tells what is read as the topic changes', async () => {
  const { stream } = numbers();
  change();
  expect(await stream.next()).toEqual({ done: false, value: 1 });
  const next = stream.next();
  change();
  expect(await next).toEqual({ done: false, value: 2 });
  await stream.return!();
});

test('watches before anything is read', async () => {
  const { stream, seen } = numbers();
  expect(seen.watch).toBeUndefined();
  change();
  expect(await stream.next()).toEqual({ done: false, value: 1 });
  await stream.return!();
});

test('ends at once when it is left, although a read waits', async () => {
  const { stream, seen } = numbers();
  const waiting = stream.next();
  expect(await stream.return!()).toEqual({ done: true, value: undefined });
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(seen).toMatchObject({ ended: true, watch: { closed: true } });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test('ends when it is left before anything was read', async () => {
  const { stream } = numbers();
  await stream.return!();
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test('stops watching when what it reads ends or fails', async () => {
  const watches: Watch[] = [];
  const ended = streamOf(['product:1'], async function* (watch) {
    watches.push(watch);
    yield* [];
  });
  expect(await ended.next()).toEqual({ done: true, value: undefined });
  const failed = streamOf(['product:1'], async function* (watch) {
    watches.push(watch);
    yield 1;
    throw new Error('lost');
  });
  await failed.next();
  await expect(failed.next()).rejects.toThrow('lost');
  const thrown = numbers();
  const waiting = thrown.stream.next();
  await expect(thrown.stream.throw!(new Error('away'))).rejects.toThrow('away');
  await waiting;
  expect([...watches, thrown.seen.watch!].map(({ closed }) => closed)).toEqual([true, true, true]);
});
