import { type FormEvent, type ReactNode, useState } from 'react';
import type { CombinedError } from 'urql';
import { operatorToken, setOperatorToken } from '../api/operator-token.ts';
import { useStore } from '../api/store.ts';
import { Problem } from '../ui/states.tsx';
import ui from '../ui/ui.module.css';
import styles from './operator.module.css';

/** Tells whether an answer said that only operators may see this. */
export function isRefused(error: CombinedError | undefined): boolean {
  return error?.graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED') ?? false;
}

/** Shows why an operator's page has nothing to show: a token is needed, was refused, or something went wrong. */
export function OperatorProblem({ error, retry }: { error: CombinedError; retry: () => void }): ReactNode {
  const token = useStore(operatorToken);
  const [typed, setTyped] = useState('');
  if (!isRefused(error)) return <Problem error={error} retry={retry} />;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (typed === '') return;
    setOperatorToken(typed);
    setTyped('');
    retry();
  }

  return (
    <form className={`${ui.card} ${styles.token}`} onSubmit={submit}>
      <h2>For operators</h2>
      <p>Enter the store's operator token. It is kept in this tab only.</p>
      <div role="alert">
        {token !== null && (
          <p className={ui.notice} data-kind="error">
            This token was refused. Check it and enter it again.
          </p>
        )}
      </div>
      <label htmlFor="token">Operator token</label>
      <input
        id="token"
        type="password"
        autoComplete="current-password"
        className={ui.field}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <button type="submit" className={`${ui.button} ${ui.primary}`}>
        Continue
      </button>
    </form>
  );
}
