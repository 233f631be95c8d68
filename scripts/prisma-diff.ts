import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { root } from '../server/infra/root.ts';
import { readingAdapter } from './prisma-adapter.ts';

// The types of Node 20 do not name this global.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

const schemaPath = join(root, 'prisma/schema.prisma');

// The engine calls this when it has met a bug of its own: it would otherwise hang.
Object.assign(globalThis, {
  PRISMA_WASM_PANIC_REGISTRY: {
    set_message(message: string) {
      throw new Error(`Prisma's schema engine has failed: ${message}`);
    },
  },
});

let loaded: Promise<void> | undefined;

async function load(): Promise<void> {
  const file = fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg')).replace(/js$/, 'wasm');
  const { instance } = await WebAssembly.instantiate(readFileSync(file), { './schema_engine_bg.js': engine });
  engine.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
}

/** Tells how the database must change to be what prisma/schema.prisma says: a SQL script, '' if it is so already. */
export async function differenceFromSchema(
  databaseUrl: string,
  content = readFileSync(schemaPath, 'utf8'),
): Promise<string> {
  loaded ??= load();
  await loaded;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const adapter = readingAdapter(client);
    const factory = bindMigrationAwareSqlAdapterFactory({
      provider: 'postgres',
      adapterName: 'reading',
      connect: async () => adapter,
      connectToShadowDb: async () => adapter,
    });
    const files = [{ path: schemaPath, content }];
    using schema = await engine.SchemaEngine.new({ datamodels: [[schemaPath, content]] }, () => {}, factory);
    const { stdout } = await schema.diff({
      from: { tag: 'schemaDatasource', files, configDir: root },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    return stdout === null || stdout.startsWith('-- This is an empty migration') ? '' : stdout;
  } finally {
    await client.end();
  }
}
