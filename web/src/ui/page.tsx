import { type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';

const SHOP = 'Evergood';
let shownPath: string | undefined;

/** Shows a page with its title in the tab, and moves the focus to its heading after a navigation within the store. */
export function Page({ title, heading, children }: { title: string; heading?: ReactNode; children: ReactNode }) {
  const [path] = useLocation();
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // After a first load the browser's own focus and scroll position hold.
    if (shownPath !== undefined && shownPath !== path) ref.current?.focus();
    shownPath = path;
  }, [path]);
  return (
    <>
      <title>{`${title} · ${SHOP}`}</title>
      {heading === null ? null : (
        <h1 ref={ref} tabIndex={-1}>
          {heading ?? title}
        </h1>
      )}
      {children}
    </>
  );
}
