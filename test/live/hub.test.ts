import { describe, expect, test } from 'vitest';
import { Hub, type Topic } from '../../server/infra/live/hub.ts';

const order = (version: number, id = '1') => ({ topic: `order:${id}` as Topic, version });

/** Tells whether a promise has resolved by the time that all that is due now has run. */
async function resolved(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise(setImmediate);
  return done;
}

describe('a watch', () => {
  test('is woken by a change of its topic, and of no other', async () => {
    const hub = new Hub();
    const watch = hub.watch(['order:1']);
    const changed = watch.changed();
    hub.wake(order(5, '2'));
    hub.wake({ topic: 'product:1', version: 5 });
    expect(await resolved(changed)).toBe(false);
    hub.wake(order(3));
    expect(await resolved(changed)).toBe(true);
    expect([...watch.take()]).toEqual(['order:1']);
  });

  test('remembers a change that came before it waited', async () => {
    const hub = new Hub();
    const watch = hub.watch(['order:1']);
    hub.wake(order(3));
    expect(await resolved(watch.changed())).toBe(true);
    watch.take();
    expect(await resolved(watch.changed())).toBe(false);
  });

  test('keeps one mark for a topic, however often that changes', () => {
    const hub = new Hub();
    const watch = hub.watch(['order:*']);
    for (let version = 1; version <= 1000; version++) hub.wake(order(version));
    expect([...watch.take()]).toEqual(['order:1']);
    expect(watch.take().size).toBe(0);
  });

  test('of all of a kind is told which changed', () => {
    const hub = new Hub();
    const watch = hub.watch(['order:*']);
    hub.wake(order(1, 'a'));
    hub.wake(order(1, 'b'));
    hub.wake({ topic: 'product:1', version: 1 });
    expect([...watch.take()]).toEqual(['order:a', 'order:b']);
  });

  test('that stalls while thousands change has fallen behind', () => {
    const hub = new Hub();
    const watch = hub.watch(['order:*']);
    for (let id = 0; id < 10_000; id++) hub.wake(order(1, String(id)));
    expect(watch.fellBehind).toBe(false);
    hub.wake(order(1, 'one more'));
    expect(watch.fellBehind).toBe(true);
    expect(watch.take().size).toBe(10_000);
  });

  test('does not wait longer than it is told to', async () => {
    await new Hub().watch(['order:1']).changed(1);
    await new Hub().watch(['order:1']).changed(-1);
  });

  test('is woken when it is closed, and by nothing after that', async () => {
    const hub = new Hub();
    const watch = hub.watch(['order:1']);
    const changed = watch.changed();
    watch.close();
    watch.close();
    expect(await resolved(changed)).toBe(true);
    expect(await resolved(watch.changed())).toBe(true);
    hub.wake(order(9));
    expect(watch.take().size).toBe(0);
  });
});

describe('the hub', () => {
  test('wakes once for a change that is told several times, and not for an older one', () => {
    const hub = new Hub();
    const watch = hub.watch(['order:1']);
    const woken = [3, 3, 2, 4, 4, 1].map((version) => {
      hub.wake(order(version));
      return watch.take().size;
    });
    expect(woken).toEqual([1, 0, 0, 1, 0, 0]);
  });

  test('wakes each time for what has no versions', () => {
    const hub = new Hub();
    const watch = hub.watch(['inbox:1']);
    for (let i = 0; i < 2; i++) {
      hub.wake({ topic: 'inbox:1', version: 0 });
      expect(watch.take().size).toBe(1);
    }
  });

  test('forgets what was told two ages ago, and not before', () => {
    const hub = new Hub();
    const watch = hub.watch(['order:1']);
    const wokenBy = (version: number) => {
      hub.wake(order(version));
      return watch.take().size === 1;
    };
    expect(wokenBy(3)).toBe(true);
    hub.age();
    expect(wokenBy(3)).toBe(false);
    hub.age();
    expect(wokenBy(3)).toBe(true);
  });

  test('wakes everyone when changes may have been missed', () => {
    const hub = new Hub();
    const watches = [hub.watch(['order:1']), hub.watch(['order:*']), hub.watch(['product:1', 'product:2'])];
    hub.wakeAll();
    expect(watches.map((watch) => [...watch.take()])).toEqual([['order:1'], ['order:*'], ['product:1', 'product:2']]);
  });

  test('knows what is watched, and keeps nothing of a watch that was closed', () => {
    const hub = new Hub();
    const watches = [hub.watch(['order:1']), hub.watch(['order:1', 'product:*'])];
    expect([...hub.kinds()]).toEqual(['order', 'product']);
    watches[1]!.close();
    expect([...hub.kinds()]).toEqual(['order']);
    watches[0]!.close();
    expect([...hub.kinds()]).toEqual([]);
  });
});
