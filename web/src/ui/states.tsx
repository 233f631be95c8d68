import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { Link } from 'wouter';
import { Page } from './page.tsx';
import ui from './ui.module.css';

/** Shows that something is being loaded; `children` may give its outline. */
export function Loading({ what, children }: { what: string; children?: ReactNode }) {
  return (
    <div className={children ? undefined : ui.state} aria-busy="true">
      <p className={children ? ui.hidden : undefined} role="status">
        {`Loading ${what}…`}
      </p>
      {children}
    </div>
  );
}

/** Says that something went wrong, in the reader's terms, with a way to try again. */
export function Problem({ error, retry }: { error: CombinedError; retry: () => void }) {
  return (
    <div className={ui.state} role="alert">
      <h2>This did not work</h2>
      <p>{error.graphQLErrors[0]?.message ?? 'The store gave an answer that could not be read.'}</p>
      <button type="button" className={ui.button} onClick={retry}>
        Try again
      </button>
    </div>
  );
}

/** Says that there is nothing to show yet. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={ui.state}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Shows the page for an address that leads nowhere. */
export function NotFound({ what = 'page' }: { what?: string }) {
  return (
    <div className={ui.state}>
      <Page title={`No such ${what}`}>
        <p>{`There is no ${what} at this address. It may have been mistyped.`}</p>
        <Link href="/" className={ui.button}>
          Go to the shop
        </Link>
      </Page>
    </div>
  );
}
