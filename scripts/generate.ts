import { execFile } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { root } from '../server/infra/root.ts';

const at = (path: string) => join(root, path);
const cli = at('node_modules/prisma/build/index.js');
const inputs = ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'].map(at);
const outputs = ['server/generated/prisma/client.ts', 'server/generated/pothos.ts'].map(at);

const changed = (path: string) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/**
 * Generates the Prisma client and the Pothos types from prisma/schema.prisma, unless they are newer than it.
 * Where the development dependencies are not installed it says so and leaves everything as it is.
 * Throws with what Prisma printed if the schema is wrong.
 */
export async function generate(): Promise<void> {
  if (Math.min(...outputs.map(changed)) > Math.max(...inputs.map(changed))) return;
  if (!existsSync(cli)) {
    console.log('Prisma is not installed (a development dependency): the database client was not generated.');
    return;
  }
  const env = {
    ...process.env,
    // The generators are found on the path.
    PATH: [at('node_modules/.bin'), process.env.PATH].join(delimiter),
    // The CLI would download its schema engine, which `generate` never calls: any executable stands in for it.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  };
  try {
    await promisify(execFile)(process.execPath, [cli, 'generate', '--no-hints'], { cwd: root, env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`The database client could not be generated.\n${stdout}${stderr}`.trim(), { cause: error });
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await generate();
