import { backoff, delay } from './backoff.ts';
import { createStore, type Store } from './store.ts';
import { whenAwake } from './visibility.ts';

/** What the page knows of the server; `back` for some seconds after `down`. */
export type ServerState = 'up' | 'down' | 'back';

const BACK_SHOWN_MS = 4000;

export type Health = {
  state: Store<ServerState>;
  /** Call when something failed: asks whether the server is ready, and resolves once it is. Callers share one question. */
  suspect(): Promise<void>;
};

/** Watches over the server. `ready` asks it once and never rejects. */
export function createHealth(ready: () => Promise<boolean>, pause: (ms: number) => Promise<void> = delay): Health {
  const state = createStore<ServerState>('up');
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    for (let attempt = 0; !(await ready()); attempt++) {
      state.set('down');
      await pause(backoff(attempt));
      await whenAwake();
    }
    if (state.get() === 'down') {
      state.set('back');
      void pause(BACK_SHOWN_MS).then(() => {
        if (state.get() === 'back') state.set('up');
      });
    }
  }

  return {
    state,
    suspect() {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}
