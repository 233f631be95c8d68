import { GraphQLError } from 'graphql';
import { toDecimal } from '../domain/money.ts';
import { builder } from './builder.ts';

const outputOnly = (name: string) => () => {
  throw new GraphQLError(`${name} is never an input.`);
};

builder.scalarType('DateTime', {
  description: 'A moment, in UTC, by RFC 3339: `2026-01-31T12:00:00.000Z`.',
  serialize: (value) => new Date(value).toISOString(),
  parseValue: outputOnly('DateTime'),
  parseLiteral: outputOnly('DateTime'),
});

builder.scalarType('Decimal', {
  description: 'An exact decimal number, as a string: `"99.99"`.',
  serialize: (value) => value,
  parseValue: outputOnly('Decimal'),
  parseLiteral: outputOnly('Decimal'),
});

builder.scalarType('SafeInt', {
  description:
    'A whole number beyond 32 bits, as a JSON number: at most 9,007,199,254,740,991, which JavaScript still has exactly.',
  serialize: (value) => {
    if (!Number.isSafeInteger(value)) throw new GraphQLError(`SafeInt cannot represent ${value}.`);
    return value;
  },
  parseValue: outputOnly('SafeInt'),
  parseLiteral: outputOnly('SafeInt'),
});

/** An amount of money: minor units (cents) of a currency. */
export type Money = Readonly<{ minor: bigint; currency: string }>;

export const MoneyType = builder.objectRef<Money>('Money').implement({
  description: 'An amount of money, exact.',
  fields: (t) => ({
    amount: t.field({
      type: 'Decimal',
      description: 'In units of the currency, with all of its decimals.',
      resolve: ({ minor, currency }) => toDecimal(minor, currency),
    }),
    currencyCode: t.exposeString('currency', { description: 'By ISO 4217, as in `USD`.' }),
  }),
});
