import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../server/infra/root.ts';

const IMPORTS = 'noRestrictedImports';
const GLOBALS = 'noRestrictedGlobals';
const imports = (from: string) => `import { x } from '${from}';\nexport const y = x;\n`;
const uses = (expression: string) => `export const y = () => ${expression};\n`;

/** What each rule forbids: the rule of Biome, where the violation stands, the line that breaks it. */
const forbidden: [rule: string, path: string, source: string][] = [
  [IMPORTS, 'server/domain/a.ts', imports('../infra/database.ts')],
  [IMPORTS, 'server/domain/b.ts', imports('../orders/orders.steps.ts')],
  [IMPORTS, 'server/domain/c.ts', imports('node:crypto')],
  [IMPORTS, 'server/domain/d.ts', imports('zod')],
  [GLOBALS, 'server/domain/e.ts', uses('Date.now()')],
  [GLOBALS, 'server/domain/f.ts', uses('process.env.PORT')],
  [IMPORTS, 'server/orders/a.workflow.ts', imports('pg')],
  [IMPORTS, 'server/orders/b.workflow.ts', imports('node:timers/promises')],
  [IMPORTS, 'server/orders/c.workflow.ts', imports('../generated/prisma/client.ts')],
  [IMPORTS, 'server/orders/d.workflow.ts', imports('../infra/database.ts')],
  [IMPORTS, 'server/orders/e.workflow.ts', imports('./orders.queries.ts')],
  [GLOBALS, 'server/orders/f.workflow.ts', uses('new Date()')],
  [GLOBALS, 'server/orders/g.workflow.ts', uses('Math.random()')],
  [GLOBALS, 'server/orders/h.workflow.ts', uses('setTimeout(() => {}, 1)')],
  [GLOBALS, 'server/orders/i.workflow.ts', uses("fetch('/')")],
  [GLOBALS, 'server/orders/j.workflow.ts', uses('process.uptime()')],
  [GLOBALS, 'server/orders/k.workflow.ts', uses('crypto.randomUUID()')],
  [IMPORTS, 'server/orders/a.steps.ts', imports('graphql')],
  [IMPORTS, 'server/orders/b.steps.ts', imports('../graphql/builder.ts')],
  [IMPORTS, 'server/orders/c.steps.ts', imports('./orders.graphql.ts')],
  [IMPORTS, 'server/orders/d.steps.ts', imports('./orders.workflow.ts')],
  [IMPORTS, 'server/orders/a.queries.ts', imports('./orders.steps.ts')],
  [IMPORTS, 'server/orders/b.queries.ts', imports('./orders.commands.ts')],
  [IMPORTS, 'server/orders/a.graphql.ts', imports('./orders.workflow.ts')],
  [IMPORTS, 'server/main.ts', imports('./orders/orders.workflow.ts')],
  [IMPORTS, 'server/infra/a.ts', imports('../../web/src/main.tsx')],
  [IMPORTS, 'server/infra/b.ts', imports('../../test/support/database.ts')],
  [IMPORTS, 'server/orders/a.commands.ts', imports('../../web/src/main.tsx')],
  [IMPORTS, 'web/src/a.ts', imports('../../server/domain/money.ts')],
  [IMPORTS, 'web/src/b.ts', imports('node:fs')],
  [IMPORTS, 'web/src/c.ts', imports('../../test/support/browser.ts')],
  [IMPORTS, 'scripts/a.ts', imports('../test/support/database.ts')],
];

/** Near neighbours of the above, so that a rule that forbids too much is seen as well. */
const allowed: [path: string, source: string][] = [
  ['server/domain/ok.ts', imports('./money.ts')],
  ['server/orders/ok.workflow.ts', imports('./orders.steps.ts')],
  ['server/orders/ok2.workflow.ts', imports('@dbos-inc/dbos-sdk')],
  ['server/orders/ok3.workflow.ts', imports('../domain/order.ts')],
  ['server/orders/ok.steps.ts', imports('./sql/place.ts')],
  ['server/orders/ok.queries.ts', imports('../infra/database.ts')],
  ['server/orders/ok.commands.ts', imports('./orders.workflow.ts')],
  ['web/src/ok.ts', imports('./orders/order-page.tsx')],
  ['test/ok.ts', imports('../server/orders/orders.workflow.ts')],
  ['scripts/ok.ts', imports('../server/infra/root.ts')],
];

type Report = { diagnostics: { category: string; location: { path: string } }[] };

/** Lints a folder by the architecture's rules alone; tells which rules each file breaks. */
async function lint(folder: string): Promise<Map<string, string[]>> {
  const rules = [IMPORTS, GLOBALS].map((rule) => `--only=style/${rule}`);
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--reporter=json', '--max-diagnostics=none', ...rules];
  const options = { cwd: folder, maxBuffer: 1e8 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options).catch((error) => error);
  const broken = new Map<string, string[]>();
  for (const { category, location } of (JSON.parse(stdout) as Report).diagnostics)
    broken.set(location.path, [...(broken.get(location.path) ?? []), category.replace('lint/style/', '')]);
  return broken;
}

describe('the architecture', () => {
  let folder: string;
  let broken: Map<string, string[]>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'checkout-rules-'));
    await copyFile(join(root, 'biome.json'), join(folder, 'biome.json'));
    for (const [path, source] of [...forbidden.map(([, path, source]) => [path, source] as const), ...allowed]) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), source);
    }
    broken = await lint(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(forbidden)('%s is broken by %s: %s', (rule, path) => {
    expect(broken.get(path)).toEqual([rule]);
  });

  test.each(allowed)('nothing is broken by %s: %s', (path) => {
    expect(broken.get(path)).toBeUndefined();
  });

  test('holds in this project', async () => {
    expect(await lint(root)).toEqual(new Map());
  });
});
