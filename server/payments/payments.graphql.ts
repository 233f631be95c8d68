import { builder, unauthenticated } from '../graphql/builder.ts';
import {
  type InvalidInput,
  InvalidInputError,
  invalidInput,
  type NotFound,
  NotFoundError,
  notFound,
  type Tagged,
} from '../graphql/errors.ts';
import { localId } from '../graphql/ids.ts';
import { type OfOrder, OrderStateError, orderOfResult, orderState } from '../orders/checkout.graphql.ts';
import { submitPayment } from './payments.commands.ts';

const PaymentOutcome = builder.enumType('PaymentOutcome', {
  description: 'What became of an attempt to pay.',
  values: {
    PAID: { description: 'The money is there.' },
    DECLINED: { description: 'Refused for now: it can be tried again until `payBy`.' },
    FAILED: { description: 'Failed for good: the order is cancelled.' },
  } as const,
});

type SubmitPaymentSuccess = Tagged<'SubmitPaymentSuccess', OfOrder>;
const SubmitPaymentSuccess = builder.objectRef<SubmitPaymentSuccess>('SubmitPaymentSuccess').implement({
  description: 'The outcome has taken effect. Money for an order that was cancelled before is refunded.',
  fields: (t) => ({
    order: t.field(orderOfResult('The order, after the outcome has taken effect.')),
  }),
});

const SubmitPaymentInput = builder.inputType('SubmitPaymentInput', {
  description: 'An outcome to report.',
  fields: (t) => ({
    paymentId: t.id({ description: 'Global id of the payment.' }),
    outcome: t.field({ type: PaymentOutcome, description: 'What became of it.' }),
    idempotencyKey: t.string({
      required: false,
      description: 'Tells a report that is sent again from a second attempt; 1 to 255 characters.',
    }),
  }),
});

const SubmitPaymentResult = builder.unionType('SubmitPaymentResult', {
  description: 'What came of a report.',
  types: [SubmitPaymentSuccess, NotFoundError, OrderStateError, InvalidInputError],
});

builder.mutationField('submitPayment', (t) =>
  t.field({
    type: SubmitPaymentResult,
    description: 'Reports the outcome of a payment. In production only with the operator token: it is worth money.',
    args: { input: t.arg({ type: SubmitPaymentInput, description: 'The outcome.' }) },
    resolve: async (
      _root,
      { input },
      { operator },
    ): Promise<SubmitPaymentSuccess | NotFound | ReturnType<typeof orderState> | InvalidInput> => {
      if (!operator) throw unauthenticated();
      const paymentId = localId('Payment', input.paymentId);
      if (paymentId === undefined) return notFound('payment');
      const answer = await submitPayment(paymentId, input.outcome, input.idempotencyKey ?? undefined);
      switch (answer.type) {
        case 'NOT_FOUND':
          return notFound('payment');
        case 'INVALID_KEY':
          return invalidInput({ path: ['idempotencyKey'], message: answer.message });
        case 'CONTRADICTED':
          return orderState(answer, 'This contradicts what has been settled for the order.');
        case 'SETTLED':
          return { __typename: 'SubmitPaymentSuccess', orderId: answer.orderId, order: answer.order };
      }
    },
  }),
);
