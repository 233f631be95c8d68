import { useEffect, useState } from 'react';
import { serverClock } from '../api/clock.ts';

/** Gives the whole seconds from now until an instant, by the given clock in milliseconds; never less than 0. */
export function secondsUntil(instant: string, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(instant) - now) / 1000));
}

/** Counts down to an instant by the server's clock, in whole seconds. */
export function useCountdown(instant: string): number {
  const [seconds, setSeconds] = useState(() => secondsUntil(instant, serverClock.now()));
  useEffect(() => {
    const tick = () => setSeconds(secondsUntil(instant, serverClock.now()));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [instant]);
  return seconds;
}
