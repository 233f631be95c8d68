/** A second Ctrl-C sooner than this is the same one: the terminal and npm both deliver it. */
const samePressMs = 500;

/** Listens for the signals that end a program: the first one aborts `stop`, a later one `force`. */
export function endingSignals(): { stop: AbortSignal; force: AbortSignal } {
  const stop = new AbortController();
  const force = new AbortController();
  let first: number | undefined;
  const onSignal = () => {
    first ??= performance.now();
    if (performance.now() - first > samePressMs) force.abort();
    stop.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return { stop: stop.signal, force: force.signal };
}
