import { useEffect, useState } from 'react';

/** Gives the whole seconds from now until then, both in milliseconds of the same clock; never less than 0. */
export function secondsUntil(then: number, now: number): number {
  return Math.max(0, Math.ceil((then - now) / 1000));
}

/** Counts down to an instant by a clock, both in milliseconds, in whole seconds. */
export function useSecondsUntil(then: number, clock: () => number = Date.now): number {
  const [seconds, setSeconds] = useState(() => secondsUntil(then, clock()));
  useEffect(() => {
    const tick = () => setSeconds(secondsUntil(then, clock()));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [then, clock]);
  return seconds;
}
