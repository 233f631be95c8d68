import { z } from 'zod';

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const seconds = (least: number, most: number) => z.coerce.number().min(least).max(most);
/** A limit that can be turned off; not set, it is on in production and off elsewhere. */
const byClient = z.union([z.literal('off'), whole(1, 1_000_000_000)]).optional();

/** The variables of all limits, with their defaults: the table in the README has the same. */
export const limitVariables = {
  LIMIT_COST: whole(100, 1_000_000).default(5_000),
  LIMIT_SUBSCRIPTION_COST: whole(10, 1_000_000).default(200),
  LIMIT_DEPTH: whole(5, 100).default(15),
  LIMIT_TOKENS: whole(200, 100_000).default(1_000),
  LIMIT_ROOT_FIELDS: whole(1, 1_000).default(20),
  LIMIT_ROOT_MUTATIONS: whole(1, 1_000).default(5),
  LIMIT_ALIASES: whole(0, 10_000).default(30),
  LIMIT_DIRECTIVES: whole(0, 10_000).default(20),
  LIMIT_QUERY_SECONDS: seconds(0.1, 600).default(10),
  LIMIT_MUTATION_SECONDS: seconds(1, 600).default(30),
  LIMIT_QUERIES: whole(1, 100_000).default(1_000),
  LIMIT_MUTATIONS: whole(1, 100_000).default(5_000),
  LIMIT_BODY_BYTES: whole(1_024, 10_000_000).default(65_536),
  LIMIT_HEADER_BYTES: whole(1_024, 1_000_000).default(16_384),
  LIMIT_HEADERS_SECONDS: seconds(1, 600).default(10),
  LIMIT_REQUEST_SECONDS: seconds(1, 600).default(15),
  LIMIT_IDLE_SECONDS: seconds(1, 3_600).default(75),
  LIMIT_STALLED_SECONDS: seconds(1, 3_600).default(60),
  LIMIT_PIPELINED: whole(1, 10_000).default(16),
  LIMIT_CONNECTIONS: whole(10, 1_000_000).default(12_000),
  LIMIT_STREAMS: whole(1, 1_000_000).default(10_000),
  LIMIT_UNITS_PER_ORDER: whole(1, 1_000).default(1_000),
  LIMIT_CLIENT_CONNECTIONS: byClient,
  LIMIT_CLIENT_OPERATIONS: byClient,
  LIMIT_CLIENT_CHECKOUTS: byClient,
  LIMIT_CLIENT_SIGN_INS: byClient,
  LIMIT_CLIENT_OPEN_ORDERS: byClient,
  LIMIT_CLIENT_HELD_UNITS: byClient,
  LIMIT_CLIENT_STREAMS: byClient,
  LIMIT_TOKEN_FACTOR: whole(1, 1_000_000).default(100),
} as const;

/** What one client may have, by default, where that is limited. */
const BY_CLIENT = {
  LIMIT_CLIENT_CONNECTIONS: 250,
  LIMIT_CLIENT_OPERATIONS: 100,
  LIMIT_CLIENT_CHECKOUTS: 60,
  LIMIT_CLIENT_SIGN_INS: 10,
  LIMIT_CLIENT_OPEN_ORDERS: 20,
  LIMIT_CLIENT_HELD_UNITS: 30,
  LIMIT_CLIENT_STREAMS: 20,
} as const;

/** The variables of limits that count by client. */
export const limitsByClient: readonly string[] = Object.keys(BY_CLIENT);

type Given = z.infer<z.ZodObject<typeof limitVariables>>;

/** What one GraphQL operation may ask for; times in milliseconds. */
export type OperationLimits = Readonly<{
  cost: number;
  /** Of each event that a subscription tells. */
  subscriptionCost: number;
  depth: number;
  tokens: number;
  rootFields: number;
  rootMutations: number;
  aliases: number;
  directives: number;
  queryMs: number;
  mutationMs: number;
  /** Queries and mutations executed at once by a process. */
  queries: number;
  mutations: number;
  /** Subscriptions open at once in a process. */
  streams: number;
}>;

/** What HTTP may ask of a process; times in milliseconds. */
export type HttpLimits = Readonly<{
  bodyBytes: number;
  headerBytes: number;
  /** For the headers of a request to arrive, and for all of it. */
  headersMs: number;
  requestMs: number;
  /** How long an idle connection is kept. More than a load balancer's, so that it is the one to close. */
  idleMs: number;
  /** How long an answer waits for its reader to take something of it. */
  stalledMs: number;
  /** Requests of one connection that are not answered yet. */
  pipelined: number;
  connections: number;
  /** Of one address; undefined: as many as it likes. */
  connectionsOfClient: number | undefined;
}>;

/** What one client may have; undefined: as much as it likes. */
export type ClientLimits = Readonly<{
  /** Queries and mutations executed at once. */
  operations: number | undefined;
  /** Checkouts, and failed sign-ins, in a minute. */
  checkouts: number | undefined;
  signIns: number | undefined;
  /** Orders that wait for their payment, and the units that these hold. */
  openOrders: number | undefined;
  heldUnits: number | undefined;
  streams: number | undefined;
  /** Who bears a token may have so many times as much. */
  tokenFactor: number;
}>;

export type Limits = Readonly<{
  operation: OperationLimits;
  http: HttpLimits;
  client: ClientLimits;
  /** Units of one product in one order; a product can have a lower limit of its own. */
  unitsPerOrder: number;
}>;

/**
 * Makes the limits of what the environment says. Those by client are off unless set, save in production. `behindProxy`: the
 * connections are a proxy's, and no client's.
 */
export function limitsOf(given: Given, production: boolean, behindProxy: boolean): Limits {
  const ms = (seconds: number) => Math.round(seconds * 1_000);
  const clientLimit = (name: keyof typeof BY_CLIENT) => {
    const value = given[name] ?? (production ? BY_CLIENT[name] : 'off');
    return value === 'off' ? undefined : value;
  };
  return {
    operation: {
      cost: given.LIMIT_COST,
      subscriptionCost: given.LIMIT_SUBSCRIPTION_COST,
      depth: given.LIMIT_DEPTH,
      tokens: given.LIMIT_TOKENS,
      rootFields: given.LIMIT_ROOT_FIELDS,
      rootMutations: given.LIMIT_ROOT_MUTATIONS,
      aliases: given.LIMIT_ALIASES,
      directives: given.LIMIT_DIRECTIVES,
      queryMs: ms(given.LIMIT_QUERY_SECONDS),
      mutationMs: ms(given.LIMIT_MUTATION_SECONDS),
      queries: given.LIMIT_QUERIES,
      mutations: given.LIMIT_MUTATIONS,
      streams: given.LIMIT_STREAMS,
    },
    http: {
      bodyBytes: given.LIMIT_BODY_BYTES,
      headerBytes: given.LIMIT_HEADER_BYTES,
      headersMs: ms(given.LIMIT_HEADERS_SECONDS),
      requestMs: ms(given.LIMIT_REQUEST_SECONDS),
      idleMs: ms(given.LIMIT_IDLE_SECONDS),
      // A change may be answered as late as that, with nothing sent before.
      stalledMs: Math.max(ms(given.LIMIT_STALLED_SECONDS), ms(given.LIMIT_MUTATION_SECONDS) + 5_000),
      pipelined: given.LIMIT_PIPELINED,
      connections: given.LIMIT_CONNECTIONS,
      connectionsOfClient: behindProxy ? undefined : clientLimit('LIMIT_CLIENT_CONNECTIONS'),
    },
    client: {
      operations: clientLimit('LIMIT_CLIENT_OPERATIONS'),
      checkouts: clientLimit('LIMIT_CLIENT_CHECKOUTS'),
      signIns: clientLimit('LIMIT_CLIENT_SIGN_INS'),
      openOrders: clientLimit('LIMIT_CLIENT_OPEN_ORDERS'),
      heldUnits: clientLimit('LIMIT_CLIENT_HELD_UNITS'),
      streams: clientLimit('LIMIT_CLIENT_STREAMS'),
      tokenFactor: given.LIMIT_TOKEN_FACTOR,
    },
    unitsPerOrder: given.LIMIT_UNITS_PER_ORDER,
  };
}
