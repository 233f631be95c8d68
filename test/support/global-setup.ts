import type { TestProject } from 'vitest/node';
import { generate } from '../../scripts/generate.ts';
import { createScratchDatabase, openScratchServer, runOn } from '../../scripts/scratch.ts';
import { seedCatalogue } from '../../server/catalog/seed.ts';
import { migrate } from '../../server/infra/migrate.ts';
import { migrateEngine } from '../../server/infra/migrate-engine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A server to make databases on, and the name of the one they are copies of. */
    database: { serverUrl: string; template: string };
  }
}

const tell = (message: string) => process.stdout.isTTY && console.log(`Before the tests: ${message}.`);

/** Prepares what all tests share: the generated client, a PostgreSQL server and a database with everything in place. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await generate();
  tell(process.env.DATABASE_URL ? 'using the server of DATABASE_URL' : 'starting PostgreSQL');
  const undo: (() => Promise<void>)[] = [];
  const undoAll = async () => {
    for (const one of undo.splice(0).reverse()) await one();
  };
  try {
    const server = await openScratchServer(tell);
    undo.push(server.stop);
    const template = await createScratchDatabase(server.url, 'checkout_test_template');
    undo.push(template.drop);
    await fill(template.url);
    const name = new URL(template.url).pathname.slice(1);
    // A database that somebody is connected to can not be copied: from here on nobody can.
    await runOn(server.url, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    project.provide('database', { serverUrl: server.url, template: name });
  } catch (error) {
    await undoAll();
    throw error;
  }
  return undoAll;
}

/** Puts in place what the server does at its start: the tables, the catalogue, and the engine's own tables. */
async function fill(url: string): Promise<void> {
  tell('preparing the database');
  await migrate(url);
  await seedCatalogue(url);
  await migrateEngine(url);
}
