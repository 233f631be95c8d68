import { badInput } from './ids.ts';

type PageArgs = { first?: number | null; last?: number | null; after?: string | null; before?: string | null };

/** The cursor of a row by a column, as the Prisma plugin of Pothos writes it: a tag for its type, and the number. */
const CURSORS = { Int: /^GPC:N:(\d{1,10})$/, BigInt: /^GPC:I:(\d{1,18})$/ };
const MAX = { Int: 2_147_483_647n, BigInt: 10n ** 18n };

/** Refuses a cursor that no page gave out, and a page from both ends, before the database is asked. Throws a GraphQL error. */
export function checkPage({ first, last, after, before }: PageArgs, column: keyof typeof CURSORS): void {
  if (first != null && last != null) throw badInput('Either `first` or `last`, not both.');
  for (const [name, cursor] of Object.entries({ after, before })) {
    if (cursor == null) continue;
    const [, number] = CURSORS[column].exec(Buffer.from(cursor, 'base64').toString()) ?? [];
    if (number === undefined || BigInt(number) > MAX[column])
      throw badInput(`\`${name}\` is not a cursor of this list.`);
  }
}

type Order = 'asc' | 'desc';
/** What the Prisma plugin asks of the database for a page; `take` is negative for the last of what comes before a cursor. */
type PageQuery<Column extends string, Value> = { cursor?: Partial<Record<Column, Value>>; skip: number; take: number };

/**
 * Makes of a page's query one that begins beside the cursor's value, wherever that stands. By Prisma's `cursor` and `skip`
 * the row of the cursor would have to be among those asked for still: else a row is skipped in its place.
 */
export function besideCursor<Column extends string, Value extends number | bigint, Query>(
  { cursor, skip: _, ...query }: Query & PageQuery<Column, Value>,
  column: Column,
  order: Order,
) {
  const forwards = query.take >= 0;
  const beyond = forwards === (order === 'asc') ? 'gt' : 'lt';
  const value = cursor?.[column];
  return {
    ...query,
    orderBy: { [column]: order } as Record<Column, Order>,
    where: value === undefined ? {} : ({ [column]: { [beyond]: value } } as Record<Column, object>),
  };
}
