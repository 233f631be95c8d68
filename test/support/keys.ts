import { MIN_CHECKOUT_KEY_LENGTH } from '../../server/domain/key.ts';
import { keyHashOf } from '../../server/infra/hash.ts';
import { checkoutWorkflowId } from '../../server/orders/orders.commands.ts';

/** Makes the key of a checkout of a name that may be shorter. */
export const keyOf = (name: string): string => name.padEnd(MIN_CHECKOUT_KEY_LENGTH, '.');

/** The hash by which the order is found that a client without a token has checked out under a name. */
export const hashOfKey = (name: string): string => keyHashOf('', keyOf(name));

/** Names that order's workflow. */
export const workflowOf = (name: string): string => checkoutWorkflowId(hashOfKey(name));
