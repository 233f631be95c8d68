import { createStore } from './store.ts';

/** How many streams the server is answering at this moment. */
export const openStreams = createStore(0);
