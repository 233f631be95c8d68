import { lazy, Suspense } from 'react';
import { type AroundNavHandler, Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { health } from './api/server.ts';
import styles from './app.module.css';
import { CatalogPage } from './catalog/catalog-page.tsx';
import { ProductPage } from './catalog/product-page.tsx';
import { OrderPage } from './orders/order-page.tsx';
import { ROUTES } from './routes.ts';
import { Announcer } from './ui/announcer.tsx';
import { ErrorBoundary } from './ui/error-boundary.tsx';
import { Header } from './ui/header.tsx';
import { ServerBanner } from './ui/server-banner.tsx';
import { Loading, NotFound } from './ui/states.tsx';

const OrdersPage = lazy(persistently(() => import('./operator/orders-page.tsx')));
const WorkflowPage = lazy(persistently(() => import('./operator/workflow-page.tsx')));

/** Loads a page's code, and once more when the server was gone and is back. */
function persistently<Module>(load: () => Promise<Module>): () => Promise<Module> {
  return () => load().catch(() => health.suspect().then(load));
}

// A page is read from its top; going back is left to the browser, which knows where the reader was.
const fromTheTop: AroundNavHandler = (navigate, to, options) => {
  navigate(to, options);
  if (!options?.replace) window.scrollTo(0, 0);
};

/** The store. */
export function App() {
  return (
    <Router aroundNav={fromTheTop}>
      <Frame />
    </Router>
  );
}

/** Frames the page that the address asks for. */
function Frame() {
  const [path] = useLocation();
  return (
    <>
      <Header />
      <main id="main" className={styles.main}>
        <ErrorBoundary resetKey={path}>
          <Suspense fallback={<Loading what="the page" />}>
            <Switch>
              <Route path={ROUTES.catalogue}>
                <CatalogPage />
              </Route>
              <Route path={ROUTES.product}>{({ sku }) => <ProductPage key={sku} sku={decode(sku)} />}</Route>
              <Route path={ROUTES.order}>{({ id }) => <OrderPage key={id} id={decode(id)} />}</Route>
              <Route path={ROUTES.payment}>{({ id }) => <Redirect to={`/orders/${id}`} replace />}</Route>
              <Route path={ROUTES.workflow}>{({ id }) => <WorkflowPage key={id} id={decode(id)} />}</Route>
              <Route path={ROUTES.orders}>
                <OrdersPage />
              </Route>
              <Route path={ROUTES.operator}>
                <Redirect to="/operator/orders" replace />
              </Route>
              <Route>
                <NotFound />
              </Route>
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </main>
      <Announcer />
      <ServerBanner />
    </>
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
