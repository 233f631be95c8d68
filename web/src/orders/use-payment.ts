import { useRef, useState } from 'react';
import { type CombinedError, useMutation } from 'urql';
import { newKey } from '../api/intents.ts';
import { CancelOrderDocument, type PaymentOutcome, SubmitPaymentDocument } from '../gql/graphql.ts';

export type PaymentAct = PaymentOutcome | 'CANCEL';
type Answer = { __typename: string; message?: string; order?: { status: string } };

/** Reports outcomes of the sandbox payment, or cancels the order. One at a time; each click has its own key. */
export function usePayment(orderId: string, paymentId: string) {
  const [, submitPayment] = useMutation(SubmitPaymentDocument);
  const [, cancelOrder] = useMutation(CancelOrderDocument);
  const [acting, setActing] = useState<PaymentAct>();
  const [message, setMessage] = useState<{ kind: 'error' | 'note'; text: string }>();
  const busy = useRef(false);

  async function act(what: PaymentAct): Promise<void> {
    if (busy.current) return;
    busy.current = true;
    setActing(what);
    setMessage(undefined);
    const { answer, error } = what === 'CANCEL' ? await cancel() : await report(what);
    busy.current = false;
    setActing(undefined);
    const wanted = what === 'CANCEL' && answer?.order?.status === 'CANCELLED';
    if (error || !answer)
      setMessage({ kind: 'error', text: 'The store could not confirm this. It is safe to try again.' });
    else if (answer.message && !wanted) setMessage({ kind: 'error', text: answer.message });
    else if (what === 'DECLINED') setMessage({ kind: 'note', text: 'The payment was declined. You can try again.' });
  }

  async function report(outcome: PaymentOutcome): Promise<{ answer?: Answer; error?: CombinedError }> {
    const result = await submitPayment({ input: { paymentId, outcome, idempotencyKey: newKey() } });
    return { answer: result.data?.submitPayment, error: result.error };
  }

  async function cancel(): Promise<{ answer?: Answer; error?: CombinedError }> {
    const result = await cancelOrder({ input: { orderId } });
    return { answer: result.data?.cancelOrder, error: result.error };
  }

  return { act, acting, message };
}
