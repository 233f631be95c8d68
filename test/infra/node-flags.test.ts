import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NODE_FLAGS } from '../../server/infra/node-flags.ts';
import { root } from '../../server/infra/root.ts';

test('a server that a service manager starts runs as one that the supervisor starts', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: { serve: string } };
  expect(scripts.serve).toBe(`exec node ${NODE_FLAGS.join(' ')} dist/server/main.js`);
});
