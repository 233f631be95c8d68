// Runs before each file of tests: what is logged is kept from the output, and fails a test where nothing expects it.
import { symbols } from 'pino';
import { afterAll, afterEach, expect } from 'vitest';
import { log } from '../../server/infra/log.ts';
import { noteLog, takeUnexpected } from './log.ts';

const { [symbols.streamSym]: stream } = log as unknown as Record<symbol, { write: (line: string) => void }>;
stream!.write = (line) => noteLog(line, 'this process');

process.removeAllListeners('warning');
process.on('warning', (warning) => noteLog(String(warning.stack ?? warning), 'this process'));

const check = () => expect(takeUnexpected(), 'the log has what no test expects').toEqual([]);
afterEach(check);
afterAll(check);
