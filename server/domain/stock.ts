import type { Problem } from './checkout.ts';

/** The most units of a product that the store keeps. */
export const MAX_INVENTORY = 1_000_000_000;

/** Sets the stock to a number of units, or adds some. */
export type StockLevel = Readonly<{ setTo: number } | { add: number }>;

/** Checks a level asked for: 0 or more to set, 1 or more to add, up to MAX_INVENTORY. */
export function levelProblem(level: StockLevel): Problem | undefined {
  const [name, units, least] =
    'setTo' in level ? (['setTo', level.setTo, 0] as const) : (['add', level.add, 1] as const);
  if (Number.isInteger(units) && units >= least && units <= MAX_INVENTORY) return undefined;
  return { path: ['level', name], message: `Between ${least} and ${MAX_INVENTORY} units.` };
}

/** Tells the units that a product has once the level is reached. Undefined when they are too many. */
export function levelled(inventory: number, level: StockLevel): number | undefined {
  const units = 'setTo' in level ? level.setTo : inventory + level.add;
  return units <= MAX_INVENTORY ? units : undefined;
}
