import type { ApiPlugin } from './graphql/api.ts';

/**
 * A shop's own plugins, of Yoga or Envelop. They govern every operation, whatever way it comes by: a metric, a further
 * limit, or a challenge that a browser has to pass before it checks out (see docs/operations.md).
 */
export const plugins: readonly ApiPlugin[] = [];
