import { type ColumnType, ColumnTypeEnum, type SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import type pg from 'pg';

// What the catalogue of PostgreSQL is made of, by type oid. Prisma's own adapter does not know `"char"` (18).
const columnTypes: Record<number, ColumnType> = {
  16: ColumnTypeEnum.Boolean,
  18: ColumnTypeEnum.Character,
  19: ColumnTypeEnum.Text,
  20: ColumnTypeEnum.Int64,
  21: ColumnTypeEnum.Int32,
  23: ColumnTypeEnum.Int32,
  25: ColumnTypeEnum.Text,
  26: ColumnTypeEnum.Int64,
  1003: ColumnTypeEnum.TextArray,
  1009: ColumnTypeEnum.TextArray,
  1042: ColumnTypeEnum.Text,
  1043: ColumnTypeEnum.Text,
};

const refuse = (what: string) => async (): Promise<never> => {
  throw new Error(`The schema engine may only read here, but wanted to ${what}.`);
};

/** Lets Prisma's schema engine read the catalogue through a `pg` client, and change nothing. Ending the client is left to the caller. */
export const readingAdapter = (client: pg.Client): SqlDriverAdapter => ({
  provider: 'postgres',
  adapterName: 'reading',
  async queryRaw({ sql, args }) {
    const { fields, rows } = await client.query<unknown[]>({ text: sql, values: args, rowMode: 'array' });
    return {
      columnNames: fields.map((field) => field.name),
      columnTypes: fields.map(({ name, dataTypeID }) => {
        const type = columnTypes[dataTypeID];
        if (type === undefined) throw new Error(`Column ${name} has type ${dataTypeID}, unknown here.`);
        return type;
      }),
      // The engine takes an absent "char" for a NUL character.
      rows: rows.map((row) => row.map((value, i) => (fields[i]?.dataTypeID === 18 && value === '' ? '\0' : value))),
    };
  },
  executeRaw: refuse('write'),
  executeScript: refuse('run a script'),
  startTransaction: refuse('open a transaction'),
  dispose: async () => {},
});
