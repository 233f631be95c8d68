import { mkdir, mkdtemp, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { upToDate } from '../../scripts/build.ts';

const target = { sources: ['source', 'not-there.json'], output: 'output.js' };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-test-'));
  await mkdir(join(folder, 'source', 'generated'), { recursive: true });
  await writeFile(join(folder, 'source', 'a.ts'), '');
  await writeFile(join(folder, 'source', 'b.ts'), '');
  await writeFile(join(folder, 'output.js'), '');
  for (const path of ['source/a.ts', 'source/b.ts', 'source/generated', 'source', 'output.js']) await age(path, 60);
});

afterEach(() => rm(folder, { recursive: true }));

const age = (path: string, seconds: number) => {
  const time = Date.now() / 1000 - seconds;
  return utimes(join(folder, path), time, time);
};

const current = () => upToDate(target, folder);

test('what was built after its sources is up to date', async () => {
  await age('output.js', 50);
  expect(await current()).toBe(true);
});

test('a changed, an added or a removed source asks for a build, and so does a missing output', async () => {
  await age('output.js', 50);
  await age('source/a.ts', 40);
  expect(await current()).toBe(false);
  await age('output.js', 30);
  await writeFile(join(folder, 'source', 'c.ts'), '');
  expect(await current()).toBe(false);
  await age('source/c.ts', 100);
  await age('source', 29);
  await age('output.js', 20);
  expect(await current()).toBe(true);
  await unlink(join(folder, 'source', 'b.ts'));
  expect(await current()).toBe(false);
  await unlink(join(folder, 'output.js'));
  expect(await current()).toBe(false);
});

test('what is generated from the sources is no source', async () => {
  await age('output.js', 50);
  await writeFile(join(folder, 'source', 'generated', 'client.ts'), '');
  expect(await current()).toBe(true);
});
