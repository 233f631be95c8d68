import { DBOS } from '@dbos-inc/dbos-sdk';
import { createSchema, createYoga } from 'graphql-yoga';
import { currentDatabase, query } from '../../server/infra/database.ts';
import { checkout, ORDER_ID, PAYMENT_ID, PAYMENT_STATUS } from './workflow.ts';

const WAIT_SECONDS = 60;

/** The store's mutations, as far as the load client asks for them. */
const typeDefs = `
  interface UserError { message: String! }
  type InsufficientStockError implements UserError { message: String! }
  type NotFoundError implements UserError { message: String! }
  type Payment { id: ID! }
  type Order { id: ID! status: String! payment: Payment! }
  type CheckoutSuccess { order: Order! }
  type SubmitPaymentSuccess { order: Order! }
  union CheckoutResult = CheckoutSuccess | InsufficientStockError
  union SubmitPaymentResult = SubmitPaymentSuccess | NotFoundError
  input LineInput { productId: ID! quantity: Int! = 1 }
  input CheckoutInput { idempotencyKey: String! lines: [LineInput!]! }
  enum PaymentOutcome { PAID FAILED }
  input SubmitPaymentInput { paymentId: ID! outcome: PaymentOutcome! }
  type Query { ready: Boolean! }
  type Mutation {
    checkout(input: CheckoutInput!): CheckoutResult!
    submitPayment(input: SubmitPaymentInput!): SubmitPaymentResult!
  }`;

type Checkout = { input: { idempotencyKey: string; lines: { productId: string }[] } };
type Submit = { input: { paymentId: string; outcome: string } };

/** Makes the endpoint `/graphql` over the textbook's workflow. Of an order's lines only the first one counts. */
export function makeApi(dispatchStepMs: number) {
  const resolvers = {
    Query: { ready: () => true },
    Mutation: {
      async checkout(_root: unknown, { input: { idempotencyKey, lines } }: Checkout) {
        const productId = Number(atob(lines[0]?.productId ?? '').replace('Product:', ''));
        await DBOS.startWorkflow(checkout, { workflowID: idempotencyKey })(productId, dispatchStepMs);
        const id = await DBOS.getEvent<string>(idempotencyKey, PAYMENT_ID, WAIT_SECONDS);
        if (!id) return { __typename: 'InsufficientStockError', message: 'Out of stock.' };
        return { __typename: 'CheckoutSuccess', order: { id, payment: { id } } };
      },
      async submitPayment(_root: unknown, { input: { paymentId, outcome } }: Submit) {
        await DBOS.send(paymentId, outcome, PAYMENT_STATUS);
        const id = await DBOS.getEvent<number>(paymentId, ORDER_ID, WAIT_SECONDS);
        if (id === null) return { __typename: 'NotFoundError', message: 'There is no such order.' };
        const [order] = await query(currentDatabase(), 'SELECT id, status FROM orders WHERE id = $1', id);
        return { __typename: 'SubmitPaymentSuccess', order };
      },
    },
  };
  return createYoga({
    schema: createSchema({ typeDefs, resolvers }),
    graphiql: false,
    landingPage: false,
    logging: 'error',
  });
}
