/** The paths that are pages, for the router and for the server, which answers any other with 404. */
export const ROUTES = {
  catalogue: '/',
  product: '/products/:sku',
  order: '/orders/:id',
  payment: '/orders/:id/pay',
  workflow: '/orders/:id/workflow',
  operator: '/operator',
  orders: '/operator/orders',
} as const;
