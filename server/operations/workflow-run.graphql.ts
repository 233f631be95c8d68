import { builder } from '../graphql/builder.ts';
import { checkoutWorkflowId } from '../orders/orders.commands.ts';
import { Order } from '../orders/orders.graphql.ts';
import { type RecordedRun, recordedRun } from './workflow-run.queries.ts';

type Step = RecordedRun['steps'][number];
const WorkflowStep = builder.objectRef<Step>('WorkflowStep').implement({
  description: 'A step that the durable engine has recorded: it will not be done again.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it does.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When it began.' }),
    completedAt: t.expose('completedAt', { type: 'DateTime', nullable: true, description: 'When it was recorded.' }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed; null if it did not.' }),
  }),
});

const WorkflowRun = builder.objectRef<RecordedRun>('WorkflowRun').implement({
  description: 'What the durable engine recorded of an order.',
  fields: (t) => ({
    id: t.id({ description: "The workflow's id in the engine.", resolve: ({ id }) => id }),
    status: t.exposeString('status', { description: 'As the engine has it: `PENDING` while it runs, then `SUCCESS`.' }),
    executorId: t.exposeString('executorId', { nullable: true, description: 'The process that last ran it.' }),
    attempts: t.exposeInt('attempts', { description: 'How often it was begun or taken up again.' }),
    steps: t.field({
      type: [WorkflowStep],
      description: 'Its steps, in order.',
      resolve: ({ steps }) => [...steps],
    }),
  }),
});

builder.prismaObjectField(Order, 'workflow', (t) =>
  t.field({
    type: WorkflowRun,
    nullable: true,
    authScopes: { operator: true },
    description: 'What the durable engine recorded; null once that is pruned. For operators.',
    resolve: ({ id, keyHash }) => recordedRun(checkoutWorkflowId(keyHash), id),
  }),
);
