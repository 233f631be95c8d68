import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { expect, test } from 'vitest';
import { makeSchema, toSdl } from '../../server/graphql/schema.ts';
import { root } from '../../server/infra/root.ts';

const schema = makeSchema({ demo: true });
const read = (path: string) => readFile(join(root, path), 'utf8');

test('schema.graphql is what the code makes', async () => {
  expect(await read('schema.graphql')).toBe(toSdl(schema));
});

test('every type, field, argument and value has a description', () => {
  const nameless: string[] = [];
  const check = (name: string, { description }: { description?: string | null }) => {
    if (!description?.trim()) nameless.push(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || ['ID', 'Int', 'String', 'Boolean', 'Float'].includes(type.name)) continue;
    check(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field);
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields())) {
        check(`${type.name}.${field.name}`, field);
        for (const arg of field.args) check(`${type.name}.${field.name}(${arg.name})`, arg);
      }
  }
  expect(nameless).toEqual([]);
});

test('the schema keeps the contract', async () => {
  const contract = buildSchema(await read('test/graphql/contract.graphql'));
  expect(findBreakingChanges(contract, schema)).toEqual([]);
  expect(findDangerousChanges(contract, schema)).toEqual([]);
});
