import { Component, type ReactNode } from 'react';
import ui from './ui.module.css';

/** Catches what no page expected, and offers a way back. `resetKey` clears it, such as by a navigation. */
export class ErrorBoundary extends Component<{ resetKey: string; children: ReactNode }, { failedAt: string | null }> {
  override state = { failedAt: null };

  static getDerivedStateFromError(): { failedAt: string } {
    return { failedAt: window.location.pathname };
  }

  override componentDidUpdate(before: { resetKey: string }): void {
    if (before.resetKey !== this.props.resetKey && this.state.failedAt !== null) this.setState({ failedAt: null });
  }

  override render(): ReactNode {
    if (this.state.failedAt === null) return this.props.children;
    return (
      <div className={ui.state} role="alert">
        <h1>Something broke on this page</h1>
        <p>Your orders are safe: they are kept by the store, not by this page.</p>
        <button type="button" className={ui.button} onClick={() => window.location.reload()}>
          Load the page again
        </button>
        <a href="/">Go to the shop</a>
      </div>
    );
  }
}
