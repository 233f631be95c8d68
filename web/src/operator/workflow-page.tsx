import { useCallback, useEffect } from 'react';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { operatorToken } from '../api/operator-token.ts';
import { OrderWorkflowDocument } from '../gql/graphql.ts';
import { Empty, Loading, NotFound } from '../ui/states.tsx';
import ui from '../ui/ui.module.css';
import styles from './operator.module.css';
import { OperatorPage, OperatorProblem } from './operator-gate.tsx';
import { WorkflowSteps } from './workflow-steps.tsx';

const READ_AGAIN_MS = 1000;

/** Shows operators what the durable engine recorded for an order, and reads it again while the workflow runs. */
export default function WorkflowPage({ id }: { id: string }) {
  const [{ data, error }, execute] = useQuery({
    query: OrderWorkflowDocument,
    variables: { id },
    requestPolicy: 'network-only',
  });
  const reload = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  useEffect(() => operatorToken.subscribe(reload), [reload]);
  const status = data?.order?.workflow?.status;
  useEffect(() => {
    if (status !== 'PENDING' && status !== 'ENQUEUED') return;
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), READ_AGAIN_MS);
    return () => clearInterval(timer);
  }, [status, reload]);

  if (error && !data?.order?.workflow) {
    return (
      <OperatorPage title="Workflow">
        <OperatorProblem error={error} retry={reload} />
      </OperatorPage>
    );
  }
  if (!data) return <Loading what="the record" />;
  const { order } = data;
  if (!order) return <NotFound what="order" />;
  const run = order.workflow;
  return (
    <OperatorPage title={`Workflow of order ${order.number}`}>
      <p className={styles.bar}>
        <Link href={`/orders/${encodeURIComponent(id)}`}>{`Order ${order.number}`}</Link>
      </p>
      {!run ? (
        <Empty title="Nothing is recorded">
          <p>The durable engine has no record of this order.</p>
        </Empty>
      ) : (
        <>
          <dl className={`${ui.card} ${styles.run}`}>
            <div>
              <dt>Workflow</dt>
              <dd>
                <code>{run.id}</code>
              </dd>
            </div>
            <div>
              <dt>Status</dt>
              <dd data-testid="workflow-status">{run.status}</dd>
            </div>
            <div>
              <dt>Process</dt>
              <dd>
                <code>{run.executorId ?? '–'}</code>
              </dd>
            </div>
            <div>
              <dt>Attempts</dt>
              <dd>{run.attempts}</dd>
            </div>
          </dl>
          <WorkflowSteps steps={run.steps} />
        </>
      )}
    </OperatorPage>
  );
}
