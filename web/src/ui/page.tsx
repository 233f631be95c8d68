import { type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';

const SHOP = 'Evergood';
let focusedPath: string | undefined;

/** Shows a page with its title in the tab, and its heading, unless the page places that itself. */
export function Page({ title, heading, children }: { title: string; heading?: ReactNode; children: ReactNode }) {
  return (
    <>
      <title>{`${title} · ${SHOP}`}</title>
      {heading === null ? null : <Heading>{heading ?? title}</Heading>}
      {children}
    </>
  );
}

/** Shows a page's heading, and moves the focus to it after a navigation within the store. */
export function Heading({ id, children }: { id?: string; children: ReactNode }) {
  const [path] = useLocation();
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // After a first load the browser's own focus holds; scrolling is the router's business.
    if (focusedPath !== undefined && focusedPath !== path) ref.current?.focus({ preventScroll: true });
    focusedPath = path;
  }, [path]);
  return (
    <h1 id={id} ref={ref} tabIndex={-1}>
      {children}
    </h1>
  );
}

/** Moves the focus to the page's heading: for a control that goes away while it has it. */
export function focusHeading(): void {
  document.querySelector('h1')?.focus({ preventScroll: true });
}
