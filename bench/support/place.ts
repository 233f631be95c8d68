import { setTimeout as delay } from 'node:timers/promises';
import type { Play, Played } from '../clients/shoppers.ts';
import { type Bench, problemsOf } from './part.ts';
import { productIds, type Shop, TOKEN } from './shop.ts';

/** Places and pays for orders in portions over some time, at all servers in turn. */
export async function place(
  { shoppers, progress }: Bench,
  shop: Shop,
  count: number,
  overMs: number,
): Promise<Played['placed']> {
  const portions = Math.min(count, 20);
  const placed: Played['placed'] = [];
  const begun = performance.now();
  for (let portion = 0; portion < portions; portion++) {
    const play: Play = {
      urls: shop.servers.map(({ url }) => url),
      token: TOKEN,
      inFlight: Math.min(32, count),
      warmMs: 0,
      ms: 0,
      total: Math.floor(((portion + 1) * count) / portions) - Math.floor((portion * count) / portions),
      products: productIds(1),
      lines: 1,
    };
    const played = await shoppers.ask<Played>(play);
    if (problemsOf(played)) progress(problemsOf(played));
    placed.push(...played.placed);
    if (portions > 1) await delay(Math.max(0, begun + ((portion + 1) * overMs) / portions - performance.now()));
  }
  return placed;
}
