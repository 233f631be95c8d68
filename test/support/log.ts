type Entry = { level?: number; msg?: string } & Record<string, unknown>;

const WARN = 40;
const ERROR = 50;

const expected: RegExp[] = [];
const unexpected: string[] = [];

/** Says what the log may have, from here to the end of the file, of entries that would fail a test otherwise. */
export function expectLog(...patterns: RegExp[]): void {
  expected.push(...patterns);
}

/** Takes a line of a log: of this process, where each warning counts, or of a server's, where a failure does. */
export function noteLog(line: string, from: 'this process' | 'a server'): void {
  const entry = entryOf(line);
  const level = entry.level ?? ERROR;
  if (line.trim() === '' || level < (from === 'a server' ? ERROR : WARN)) return;
  if (!expected.some((pattern) => pattern.test(line))) unexpected.push(line);
}

/** Returns what nothing expected, and forgets it. */
export function takeUnexpected(): string[] {
  return unexpected.splice(0).filter((line) => !expected.some((pattern) => pattern.test(line)));
}

function entryOf(line: string): Entry {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return {};
  }
}
