/** The embedded PostgreSQL can not run; the message says why and, on a line of its own, what to do. */
export class PostgresError extends Error {
  override name = 'PostgresError';

  constructor(problem: string, remedy: string) {
    super(`${problem}\n${remedy}`);
  }
}

const causes: [RegExp, string][] = [
  [/No space left on device/, 'The disk is full: free some space, or set DATA_DIR to a folder on another disk.'],
  [/could not create shared memory|could not (?:map|resize) .*shared memory/, 'The system gives too little memory.'],
  [/incompatible with server/, 'The data is of another version of PostgreSQL: move it away, or set DATA_DIR.'],
  [
    /error while loading shared libraries|Library not loaded/,
    'A system library is missing. Install it, or set DATABASE_URL to use another PostgreSQL.',
  ],
  [/Address already in use|could not bind/, 'Another program uses its port: start again.'],
  [/Permission denied/, 'Give the account that runs PostgreSQL access to that folder, or set DATA_DIR to another one.'],
];

/** Makes an error of what PostgreSQL printed: its own last lines, and what to do when the cause is a known one. */
export function explain(problem: string, output: string): PostgresError {
  const known = causes.find(([pattern]) => pattern.test(output))?.[1];
  const lines = output.trim().split('\n').slice(-8).join('\n');
  return new PostgresError(`${problem}\n${lines}`, known ?? 'Set DATABASE_URL to use another PostgreSQL.');
}
