/** Estimates the server's clock from the Date headers of its answers, which are cut to whole seconds. */
export type ServerClock = {
  /** Learns from one answer; both times are this device's, in milliseconds. */
  observe(dateHeader: string | null, sentAt: number, receivedAt: number): void;
  /** Gives the server's time in milliseconds since 1970. */
  now(): number;
};

/** Makes a clock that agrees with this device as long as the answers allow it. */
export function createServerClock(device: () => number = Date.now): ServerClock {
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  return {
    observe(dateHeader, sentAt, receivedAt) {
      const second = Date.parse(dateHeader ?? '');
      if (Number.isNaN(second)) return;
      // The header was written between sending and receiving, at some instant within its second.
      const low = second - receivedAt;
      const high = second + 1000 - sentAt;
      const contradicts = low > most || high < least;
      least = contradicts ? low : Math.max(least, low);
      most = contradicts ? high : Math.min(most, high);
    },
    now() {
      const within = least <= 0 && most >= 0;
      return device() + (within || !Number.isFinite(least + most) ? 0 : (least + most) / 2);
    },
  };
}

/** The clock of the server this page came from. */
export const serverClock = createServerClock();
