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
