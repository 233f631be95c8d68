import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

const COMPRESSED = new Set(['.css', '.html', '.ico', '.js', '.json', '.svg', '.txt']);
/** Smaller files fit one packet anyway. */
const LEAST_BYTES = 1_000;
/** Builds that stay, so that nothing is taken from under servers and pages of earlier ones. */
const KEPT = 5;

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : [])).sort();
}

/** Puts a brotli and a gzip copy, `.br` and `.gz`, beside each file that gets smaller by it. */
export async function compressFiles(folder: string): Promise<void> {
  const compress = { '.br': promisify(brotliCompress), '.gz': promisify(gzip) };
  for (const path of await filesIn(folder)) {
    const content = await readFile(path);
    if (!COMPRESSED.has(extname(path)) || content.length < LEAST_BYTES) continue;
    for (const [end, how] of Object.entries(compress)) await writeFile(path + end, await how(content));
  }
}

/**
 * Keeps a new build of the web client beside the earlier ones, in a folder named by its contents, and makes it the current
 * one for servers that start from now on. `begun`: when its sources were read. Of the earlier builds the latest stay.
 */
export async function keepWebBuild(part: string, root: string, begun: Date): Promise<void> {
  const hash = createHash('sha256');
  for (const path of await filesIn(part)) hash.update(path.slice(part.length)).update(await readFile(path));
  const name = hash.digest('hex').slice(0, 12);
  const folder = join(root, name);
  await mkdir(root, { recursive: true });
  if (existsSync(folder)) await rm(part, { recursive: true });
  else await rename(part, folder);
  await utimes(folder, begun, begun);
  const current = join(root, 'current');
  await writeFile(`${current}.part`, name);
  await utimes(`${current}.part`, begun, begun);
  await rename(`${current}.part`, current);
  await removeOldBuilds(root);
}

async function removeOldBuilds(root: string): Promise<void> {
  const names = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const builds = await Promise.all(
    names.map(async ({ name }) => ({ path: join(root, name), builtAt: (await stat(join(root, name))).mtimeMs })),
  );
  builds.sort((one, other) => other.builtAt - one.builtAt);
  for (const { path } of builds.slice(KEPT)) await rm(path, { recursive: true, force: true });
}
