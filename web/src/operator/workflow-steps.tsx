import type { OrderWorkflowQuery } from '../gql/graphql.ts';
import { clockTime } from '../ui/format.ts';
import ui from '../ui/ui.module.css';
import styles from './operator.module.css';

type Order = NonNullable<OrderWorkflowQuery['order']>;
type Step = NonNullable<Order['workflow']>['steps'][number];

/** Lists the recorded steps of a workflow in their order. */
export function WorkflowSteps({ steps }: { steps: readonly Step[] }) {
  return (
    <div className={styles.scroll}>
      <table className={styles.steps}>
        <caption className={ui.hidden}>Recorded steps, in order</caption>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">Step</th>
            <th scope="col">Started</th>
            <th scope="col">Took</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody data-testid="steps">
          {steps.map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step's place in the record is what identifies it.
            <tr key={index}>
              <td>{index + 1}</td>
              <th scope="row">
                <code>{step.name}</code>
              </th>
              <td>{step.startedAt == null ? '–' : clockTime(step.startedAt)}</td>
              <td>{duration(step)}</td>
              <td className={styles.error}>{step.error ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Writes how long a step took, in the unit that fits; a dash while it runs. */
export function duration({ startedAt, completedAt }: Pick<Step, 'startedAt' | 'completedAt'>): string {
  if (startedAt == null || completedAt == null) return '–';
  const ms = Date.parse(completedAt) - Date.parse(startedAt);
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
