import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeSchema, toSdl } from '../server/graphql/schema.ts';
import { root } from '../server/infra/root.ts';

const file = join(root, 'schema.graphql');

/**
 * Writes the schema, as the code has it in demo mode, to `schema.graphql`; with `--check` only tells whether the
 * committed file is the same, and fails if it is not.
 */
const sdl = toSdl(makeSchema({ demo: true }));
if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== sdl) {
    console.error('schema.graphql is stale: run `npm run codegen` and commit what it writes.');
    process.exitCode = 1;
  }
} else {
  await writeFile(file, sdl);
}
