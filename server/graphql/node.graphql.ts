import { builder } from './builder.ts';
import { isNodeId } from './ids.ts';

builder.queryField('node', (t) =>
  t.node({
    description: 'Anything by its global id; null where there is nothing.',
    args: { id: t.arg.id({ description: 'Global id.' }) },
    id: (_root, { id }) => (isNodeId(id) ? id : null),
  }),
);
