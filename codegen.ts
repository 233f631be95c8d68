// Writes web/src/gql/graphql.ts: a typed document for every operation in web/src/**/*.graphql.
// The command line of GraphQL Code Generator needs a newer Node, so its core and client preset are called directly.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import {
  buildSchema,
  type DocumentNode,
  type GraphQLSchema,
  isAbstractType,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { root } from './server/infra/root.ts';

type Source = { location: string; rawSDL: string; document: DocumentNode };

/** Generates the typed documents from the text of a schema and the operations in `folder`. Throws when one is not valid. */
export async function generateDocuments(sdl: string, folder = join(root, 'web/src')): Promise<string> {
  const schema = buildSchema(sdl);
  const sources = await readSources(folder);
  check(schema, sources);
  const sections = await preset.buildGeneratesSection({
    baseOutputDir: 'gql/',
    schema: parse(sdl),
    schemaAst: schema,
    documents: sources,
    config: {
      useTypeImports: true,
      enumType: 'string-literal',
      immutableTypes: true,
      strictScalars: true,
      scalars: { DateTime: 'string', Decimal: 'string', SafeInt: 'number' },
    },
    presetConfig: { fragmentMasking: false, skipIndexFile: true },
    plugins: [],
    pluginMap: {},
    pluginContext: {},
    profiler: { outputName: null, run: (task) => Promise.resolve(task()), collect: () => [], clear: () => {} },
  });
  // The preset also makes a tag function that keeps every document in the first bundle; only the documents are wanted.
  const documents = sections.find((section) => section.filename === 'gql/graphql.ts');
  if (!documents) throw new Error('The client preset no longer generates gql/graphql.ts.');
  return `${await codegen(documents)}\n\n${possibleTypes(schema)}\n`;
}

/** Writes down which types stand for each union and interface: the cache matches fragments by it. */
function possibleTypes(schema: GraphQLSchema): string {
  const abstract = Object.values(schema.getTypeMap()).filter(isAbstractType);
  const names = abstract.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]);
  return `export const possibleTypes = ${JSON.stringify(Object.fromEntries(names), null, 2)};`;
}

async function readSources(folder: string): Promise<Source[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.graphql')).sort();
  return Promise.all(
    names.map(async (location) => {
      const rawSDL = await readFile(join(folder, location), 'utf8');
      return { location, rawSDL, document: parse(rawSDL) };
    }),
  );
}

function check(schema: GraphQLSchema, sources: Source[]): void {
  const definitions = sources.flatMap((source) => source.document.definitions);
  const rules = specifiedRules.filter((rule) => rule.name !== 'NoUnusedFragmentsRule');
  const problems = validate(schema, { kind: 'Document', definitions } as DocumentNode, rules);
  if (problems.length > 0) throw new Error(problems.map(String).join('\n\n'));
}

/** Writes the typed documents for schema.graphql; with `--check`, only fails when they are stale. */
async function main(): Promise<void> {
  const file = join(root, 'web/src/gql/graphql.ts');
  const text = await generateDocuments(await readFile(join(root, 'schema.graphql'), 'utf8'));
  if (!process.argv.includes('--check')) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } else if (text !== (await readFile(file, 'utf8').catch(() => ''))) {
    process.stderr.write('web/src/gql/graphql.ts is stale: run "npm run codegen".\n');
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
