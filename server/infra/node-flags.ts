/**
 * How Node.js is to run a server; `npm run serve` has the same. An order lives for as long as its dispatch, thousands at a
 * time: with the 16 MB that new objects usually have, the collector copies what is merely waiting again and again. With 64
 * MB the store did 1.20 times as many checkouts (100 products, 64 in flight, dispatches running, seven rounds in turns); 32 brought a
 * third of that, 128 no more.
 */
export const NODE_FLAGS = [
  '--max-semi-space-size=64',
  // The engine's use of pg makes it warn, at each start, of a change in its next version.
  '--disable-warning=DeprecationWarning',
];
