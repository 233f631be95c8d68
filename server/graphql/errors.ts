import type { Problem } from '../domain/checkout.ts';
import { builder } from './builder.ts';

/** Every member of a result union that is not a success. */
export const UserError = builder.interfaceRef<{ message: string }>('UserError').implement({
  description: 'Why a mutation did not do what was asked, in words for a person.',
  fields: (t) => ({ message: t.exposeString('message', { description: 'What was wrong, in English.' }) }),
});

/** A result of a union, by the name of its GraphQL type. */
export type Tagged<Name extends string, Value> = Value & { readonly __typename: Name };

export type InvalidInput = Tagged<'InvalidInputError', { message: string; path: readonly string[] }>;
export const InvalidInputError = builder.objectRef<InvalidInput>('InvalidInputError').implement({
  description: 'The input breaks a rule. Nothing was changed.',
  interfaces: [UserError],
  fields: (t) => ({
    path: t.exposeStringList('path', {
      description: 'The way to the offending value: `["input", "lines", "0", "quantity"]`.',
    }),
  }),
});

/** Makes an InvalidInputError of a problem of the field `input`. */
export const invalidInput = ({ path, message }: Problem): InvalidInput => ({
  __typename: 'InvalidInputError',
  message,
  path: ['input', ...path],
});

export type NotFound = Tagged<'NotFoundError', { message: string }>;
export const NotFoundError = builder.objectRef<NotFound>('NotFoundError').implement({
  description: 'There is nothing with this id.',
  interfaces: [UserError],
});

/** Makes a NotFoundError for a kind of thing. */
export const notFound = (kind: 'order' | 'payment' | 'product'): NotFound => ({
  __typename: 'NotFoundError',
  message: `There is no such ${kind}.`,
});

export type Conflict = Tagged<'IdempotencyConflictError', { message: string }>;
export const IdempotencyConflictError = builder.objectRef<Conflict>('IdempotencyConflictError').implement({
  description: 'The idempotency key was used with another input before. Nothing was changed.',
  interfaces: [UserError],
});

/** Makes an IdempotencyConflictError. */
export const conflict = (): Conflict => ({
  __typename: 'IdempotencyConflictError',
  message: 'This idempotency key was used with another input before: use a new one.',
});
