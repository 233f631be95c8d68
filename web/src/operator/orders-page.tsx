import { useSearchParams } from 'wouter';
import type { OrderStatus } from '../gql/graphql.ts';
import { STATUS } from '../orders/words.ts';
import { Empty, Loading } from '../ui/states.tsx';
import ui from '../ui/ui.module.css';
import { useServer } from '../ui/use-server.ts';
import { CrashPanel } from './crash-panel.tsx';
import styles from './operator.module.css';
import { OperatorPage, OperatorProblem } from './operator-gate.tsx';
import { OrderTable } from './order-table.tsx';
import { RestockPanel } from './restock-panel.tsx';
import { useOrderList } from './use-order-list.ts';

const STATUSES = Object.keys(STATUS) as OrderStatus[];

/** Shows operators every order, live, with the stock and the crash button. */
export default function OrdersPage() {
  const [search, setSearch] = useSearchParams();
  const status = STATUSES.find((known) => known === search.get('status')) ?? null;
  const { list, admitted, error, loadingMore, loadMore, reload } = useOrderList(status);
  const demo = useServer()?.demo ?? false;

  if (error && !list) {
    return (
      <OperatorPage title="Orders">
        <OperatorProblem error={error} retry={() => void reload()} />
      </OperatorPage>
    );
  }
  return (
    <OperatorPage title="Orders">
      {admitted && (
        <div className={styles.panels}>
          <RestockPanel />
          {demo && <CrashPanel />}
        </div>
      )}
      <div className={styles.bar}>
        <label htmlFor="status">Status</label>
        <select
          id="status"
          className={ui.field}
          value={status ?? ''}
          onChange={({ target }) => setSearch(target.value === '' ? {} : { status: target.value }, { replace: true })}
        >
          <option value="">All</option>
          {STATUSES.map((value) => (
            <option key={value} value={value}>
              {STATUS[value]}
            </option>
          ))}
        </select>
      </div>
      {!list && <Loading what="orders" />}
      {list?.rows.length === 0 && (
        <Empty title={status === null ? 'No orders yet' : 'No such orders now'}>
          <p>They appear here by themselves as they are placed.</p>
        </Empty>
      )}
      {list && list.rows.length > 0 && (
        <>
          <OrderTable key={status} rows={list.rows} />
          <p className={styles.more}>
            {list.nextCursor === null ? (
              <span>These are all of them.</span>
            ) : (
              <button type="button" className={ui.button} aria-disabled={loadingMore} onClick={loadMore}>
                {loadingMore ? 'Loading…' : 'Load more'}
              </button>
            )}
          </p>
        </>
      )}
    </OperatorPage>
  );
}
