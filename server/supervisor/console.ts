/** What the supervisor tells the person who started it: whole lines, so that it reads the same in a file. */
export type Console = Readonly<{
  note(text: string): void;
  done(text: string): void;
  /** Does the work and says in a line how long it took; it gets a way to tell of its progress. */
  step<T>(name: string, work: (progress: (text: string) => void) => Promise<T>): Promise<T>;
  warn(text: string): void;
  block(lines: readonly string[]): void;
}>;

/** Writes to a stream, in colour on a terminal. A stream whose reader is gone is no reason to end. */
export function makeConsole(out: NodeJS.WriteStream): Console {
  out.on('error', () => {});
  const colour = out.isTTY && !process.env.NO_COLOR;
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const line = (sign: string, text: string) => out.write(`${sign} ${text}\n`);
  const note = (text: string) => line(paint(36, '▸'), text);
  const done = (text: string) => line(paint(32, '✓'), text);
  return {
    note,
    done,
    warn: (text) => line(paint(33, '!'), text),
    block: (lines) => out.write(`\n${lines.map((text) => `  ${text}\n`).join('')}\n`),
    step: async (name, work) => {
      const begun = performance.now();
      const result = await work((text) => note(`${name}: ${text}`));
      done(`${name} ready (${seconds(performance.now() - begun)})`);
      return result;
    },
  };
}

/** Renders ms as seconds, such as `0.8 s`. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const remedies: Record<string, string> = {
  EACCES: 'Set DATA_DIR to a folder that this user may write to.',
  ENOTDIR: 'Set DATA_DIR to a folder: a part of its path is a file.',
  EROFS: 'Set DATA_DIR to a folder on a disk that can be written to.',
  ENOSPC: 'The disk is full: free some space, or set DATA_DIR to a folder on another one.',
};

/** Says what went wrong and, where that is known, what to do about it. */
export function explainError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const remedy = remedies[(error as NodeJS.ErrnoException).code ?? ''];
  return remedy ? `${error.message}\n${remedy}` : error.message;
}
