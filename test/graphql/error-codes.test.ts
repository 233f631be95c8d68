import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { ERROR_CODES, type Meaning } from '../../server/graphql/error-codes.ts';
import { makeSchema } from '../../server/graphql/schema.ts';
import { root } from '../../server/infra/root.ts';

const text = await readFile(join(root, 'docs/errors.md'), 'utf8');

test('the codes of the documentation are those that there are, with what they mean', () => {
  const documented = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (yes|no) \|/gm)].map(
    ([, code, status, retryable]) => [code, { status: Number(status), retryable: retryable === 'yes' }] as const,
  );
  const codes = Object.entries<Meaning>(ERROR_CODES).map(
    ([code, { retryable, status = 200 }]) => [code, { status, retryable }] as const,
  );
  expect(documented).toEqual(codes);
});

test('the errors that are values are those of the schema', () => {
  const documented = [...text.matchAll(/^\| `([A-Z]\w+Error)` \|/gm)].map(([, name]) => name!);
  const errors = Object.values(makeSchema({ demo: true }).getTypeMap()).filter(
    (type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'UserError'),
  );
  expect(documented.toSorted()).toEqual(errors.map(({ name }) => name).toSorted());
});
