import { type FormEvent, type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { operatorToken, setOperatorToken, tokenRefusal } from '../api/operator-token.ts';
import { useStore } from '../api/store.ts';
import { clockTime } from '../ui/format.ts';
import { focusHeading, Heading, Page } from '../ui/page.tsx';
import { Problem } from '../ui/states.tsx';
import ui from '../ui/ui.module.css';
import styles from './operator.module.css';

/** Tells whether an answer said that only operators may see this. */
function isRefused(error: CombinedError | undefined): boolean {
  return error?.graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED') ?? false;
}

/** Shows why an operator's page has nothing to show: a token is needed, was refused, or something went wrong. */
export function OperatorProblem({ error, retry }: { error: CombinedError; retry: () => void }): ReactNode {
  return isRefused(error) ? <SignIn /> : <Problem error={error} retry={retry} />;
}

/** Shows an operators' page with its heading, and a way to sign out where somebody has signed in. */
export function OperatorPage({ title, children }: { title: string; children: ReactNode }) {
  const token = useStore(operatorToken);

  function signOut() {
    // The button goes away with the token.
    focusHeading();
    setOperatorToken(null);
  }

  return (
    <Page title={title} heading={null}>
      <div className={styles.head}>
        <Heading>{title}</Heading>
        {token !== null && (
          <button type="button" className={ui.button} onClick={signOut}>
            Sign out
          </button>
        )}
      </div>
      {children}
    </Page>
  );
}

/** Asks for the operator's token. The page that shows it asks again by itself when there is one. */
function SignIn() {
  const token = useStore(operatorToken);
  const refusal = useStore(tokenRefusal);
  const [typed, setTyped] = useState('');
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => {
    const shown = form.current;
    return () => {
      if (shown?.contains(document.activeElement)) focusHeading();
    };
  }, []);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (typed === '' || token !== null) return;
    setOperatorToken(typed);
    setTyped('');
  }

  return (
    <form ref={form} className={`${ui.card} ${styles.token}`} onSubmit={submit}>
      <h2>For operators</h2>
      <p>Enter the store's operator token. It is kept in this tab only.</p>
      <div role="alert">
        {refusal && (
          <p className={ui.notice} data-kind="error">
            {refusal.reason === 'WRONG'
              ? 'This token was refused. Check it and enter it again.'
              : `Too many wrong tokens came from your network. Enter it again after ${clockTime(refusal.until)}.`}
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
      <button type="submit" className={`${ui.button} ${ui.primary}`} aria-disabled={token !== null}>
        {token === null ? 'Continue' : 'Checking…'}
      </button>
    </form>
  );
}
