import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { migrate } from '../server/infra/migrate.ts';
import { root } from '../server/infra/root.ts';
import { differenceFromSchema } from './prisma-diff.ts';
import { createScratchDatabase, openScratchServer } from './scratch.ts';

const USAGE = `Usage:
  npm run migration new <name>   write a migration with what prisma/schema.prisma has and the migrations have not
  npm run migration check        fail unless the migrations produce prisma/schema.prisma`;

/** Tells what the migrations still lack, as SQL, by applying them to a database made for it. */
async function missing(): Promise<string> {
  const server = await openScratchServer(console.error);
  try {
    const database = await createScratchDatabase(server.url, 'checkout_migration');
    try {
      await migrate(database.url);
      return await differenceFromSchema(database.url);
    } finally {
      await database.drop();
    }
  } finally {
    await server.stop();
  }
}

async function check(): Promise<number> {
  const sql = await missing();
  if (sql === '') {
    console.log('The migrations produce prisma/schema.prisma.');
    return 0;
  }
  console.error(`${sql}\nThe migrations lack the above. Write it with: npm run migration new <name>`);
  return 1;
}

async function create(name: string): Promise<number> {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    console.error('A name is of lower-case letters, digits and underscores, like add_order_note.');
    return 2;
  }
  const sql = await missing();
  if (sql === '') {
    console.log('There is nothing to migrate: the migrations produce prisma/schema.prisma.');
    return 0;
  }
  const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(root, 'prisma/migrations', `${timestamp}_${name}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'migration.sql'), sql);
  console.log(`Written: ${relative(process.cwd(), join(folder, 'migration.sql'))}. Read it before you commit it.`);
  return 0;
}

const [command, name] = process.argv.slice(2);
if (command === 'check' && name === undefined) process.exitCode = await check();
else if (command === 'new' && name !== undefined) process.exitCode = await create(name);
else {
  console.error(USAGE);
  process.exitCode = 2;
}
