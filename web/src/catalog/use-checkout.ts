import { useCallback, useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { useLocation } from 'wouter';
import { beginIntent, parkIntent, readIntent, settleIntent } from '../api/intents.ts';
import { CheckoutDocument } from '../gql/graphql.ts';

export type Refusal = { message: string; available?: number };

/**
 * Buys a product, once for each intent however often it is clicked, sent or reloaded, and goes on to the order.
 * A purchase that was sent before a reload and never answered is taken up again by itself.
 */
export function useCheckout(productId: string) {
  const scope = `checkout:${productId}`;
  const [, checkout] = useMutation(CheckoutDocument);
  const [, navigate] = useLocation();
  const [unanswered] = useState(() => readIntent<{ quantity: number }>(scope));
  const [confirming, setConfirming] = useState(unanswered?.open ?? false);
  const [refusal, setRefusal] = useState<Refusal>();
  const busy = useRef(false);
  const shown = useRef(true);

  const buy = useCallback(
    async (quantity: number) => {
      if (busy.current) return;
      busy.current = true;
      setConfirming(true);
      setRefusal(undefined);
      const { key } = beginIntent(scope, { quantity });
      const { data } = await checkout({ input: { idempotencyKey: key, lines: [{ productId, quantity }] } });
      busy.current = false;
      // Whoever left the page meanwhile learns the outcome on coming back, with the same key.
      if (!shown.current) return;
      const answer = data?.checkout;
      if (!answer) parkIntent(scope);
      else settleIntent(scope);
      if (answer?.__typename === 'CheckoutSuccess') return navigate(`/orders/${encodeURIComponent(answer.order.id)}`);
      setConfirming(false);
      setRefusal(answer ?? { message: 'The store could not confirm this. Try again: you will not be charged twice.' });
    },
    [checkout, navigate, productId, scope],
  );

  useEffect(() => {
    shown.current = true;
    if (unanswered?.open) void buy(unanswered.input.quantity);
    return () => {
      shown.current = false;
    };
  }, [buy, unanswered]);

  return { buy, confirming, refusal, askedFor: unanswered?.input.quantity };
}
