// Keeps a processor or a disk busy until whoever started it is gone, or for an hour: for tests that are to pass all the same.
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEGABYTE = Buffer.alloc(1_048_576, 'x');
/** A file of so many megabytes is written, put onto the disk, and written again. */
const MEGABYTES = 64;
const LONGEST_MS = 3_600_000;
/** Between two looks for whoever started this. */
const TURN_MS = 200;

const parent = process.ppid;
const isWanted = () => process.ppid === parent && performance.now() < LONGEST_MS;

function burnProcessor(): void {
  const end = performance.now() + TURN_MS;
  while (performance.now() < end);
}

function writeDisk(folder: string): void {
  const file = openSync(join(folder, 'busy'), 'w');
  for (let i = 0; i < MEGABYTES; i++) writeSync(file, MEGABYTE);
  fsyncSync(file);
  closeSync(file);
}

if (process.argv[2] === 'disk') {
  const folder = mkdtempSync(join(tmpdir(), 'busy-disk-'));
  const stop = () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  };
  process.on('SIGTERM', stop);
  const turn = () => {
    if (!isWanted()) return stop();
    writeDisk(folder);
    setImmediate(turn);
  };
  turn();
} else {
  const turn = () => {
    if (!isWanted()) return;
    burnProcessor();
    setImmediate(turn);
  };
  turn();
}
