import { decodeGlobalID } from '@pothos/plugin-relay';
import { GraphQLError } from 'graphql';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAX_SERIAL = 2_147_483_647;

/** Reads the local part of a global id of a type: undefined when it is no such id. */
export function localId(type: 'Order' | 'Payment' | 'Product', globalId: string): string | undefined {
  let id: { typename: string; id: string };
  try {
    id = decodeGlobalID(globalId);
  } catch {
    return undefined;
  }
  if (id.typename !== type) return undefined;
  const wellFormed = type === 'Product' ? /^[1-9]\d*$/.test(id.id) && Number(id.id) <= MAX_SERIAL : UUID.test(id.id);
  return wellFormed ? id.id : undefined;
}

/** Reads the number of a product from its global id: undefined when it is not one's. */
export function productNumber(globalId: string): number | undefined {
  const id = localId('Product', globalId);
  return id === undefined ? undefined : Number(id);
}

/** Whether a global id could be found by `node`. */
export function isNodeId(globalId: string): boolean {
  return (['Order', 'Payment', 'Product'] as const).some((type) => localId(type, globalId) !== undefined);
}

/** Bad input where the schema has no typed error for it. */
export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
