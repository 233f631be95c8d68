import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../server/infra/root.ts';
import { gone, useBench } from './harness.ts';

const bench = useBench();

const recorded = async (file: string) => Number.parseInt(await readFile(join(bench.dataDir, file), 'utf8'), 10);

async function ask(query: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${bench.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

test('the store starts, comes back after a crash, and ends with nothing left running', async () => {
  const store = bench.start({ DATABASE_URL: '' }, ['--import', 'tsx', join(root, 'server/supervisor/main.ts')]);
  await store.prints(new RegExp(`Store +http://localhost:${bench.port}\n.*GraphQL`));
  const crashed = await recorded('server.pid');
  expect(await ask('mutation { crash { executorId } }')).toMatchObject({ data: { crash: {} } });
  await store.prints(/killed by SIGKILL.*back after \d+ ms/s);
  expect(await ask('{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });

  const server = await recorded('server.pid');
  const postgres = await recorded('postgres/data/postmaster.pid');
  store.press('SIGINT');
  expect(await store.exit).toBe(0);
  for (const pid of [crashed, server, postgres]) expect(await gone(pid)).toBe(true);
});

/** Copies what a start needs, as it is behind `npm ci`: with nothing built. */
async function newCheckout(): Promise<string> {
  const folder = join(bench.dataDir, 'checkout');
  await mkdir(folder);
  const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'vite.config.ts', 'prisma.config.ts'];
  for (const name of [...files, 'prisma', 'scripts', 'server', 'web'])
    await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

test('a new checkout builds what it needs and starts as a demo, where nothing else is set', async () => {
  const checkout = await newCheckout();
  const store = bench.start({ DATABASE_URL: '', NODE_ENV: '' }, [
    '--import',
    'tsx',
    join(checkout, 'server/supervisor/main.ts'),
  ]);
  await store.prints(/building the server.*building the web pages.*Store +http/s);
  expect(await ask('{ server { demo } }')).toMatchObject({ data: { server: { demo: true } } });
  expect(await (await fetch(`http://127.0.0.1:${bench.port}/`)).text()).toContain('/assets/');
  store.press('SIGINT');
  expect(await store.exit).toBe(0);
});

test('a configuration that is not usable is told by name', async () => {
  const store = bench.start({ PORT: 'many' }, ['--import', 'tsx', join(root, 'server/supervisor/main.ts')]);
  expect(await store.exit).toBe(78);
  await store.prints(/! PORT: /);
});

test('a database that can not be reached is told in a line, and looked for again', async () => {
  const DATABASE_URL = 'postgresql://somebody@127.0.0.1:1/store';
  const store = bench.start({ DATABASE_URL }, ['--import', 'tsx', join(root, 'server/supervisor/main.ts')]);
  await store.prints(/(\nThe database cannot be reached: connect ECONNREFUSED 127.0.0.1:1\n! The server ended.*){2}/s);
  expect(store.output()).not.toContain(' at ');
  store.press('SIGINT');
  expect(await store.exit).toBe(0);
});

test('a data folder that can not be made is told with what to do', async () => {
  await writeFile(join(bench.dataDir, 'file'), '');
  const dataDir = join(bench.dataDir, 'file', 'data');
  const store = bench.start({ DATA_DIR: dataDir }, ['--import', 'tsx', join(root, 'server/supervisor/main.ts')]);
  expect(await store.exit).toBe(1);
  await store.prints(/! .*Set DATA_DIR to a folder/s);
});
