import { pino } from 'pino';

/** The log of this process: JSON lines on standard error. `setLogLevel` follows the configuration. */
export const log = pino(
  {
    level: 'warn',
    base: { pid: process.pid },
    redact: ['req.headers.authorization', 'req.headers.cookie', 'token'],
  },
  pino.destination({ fd: 2, sync: true }),
);

/** Sets the least severe level that is logged. */
export function setLogLevel(level: string): void {
  log.level = level;
}
