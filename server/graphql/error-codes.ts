/** What a code means to a client. */
export type Meaning = Readonly<{
  /** Whether the same request, sent again after a while, can succeed. */
  retryable: boolean;
  /** The HTTP status where the error is the whole answer; 200 where none is given. */
  status?: number;
}>;

/**
 * Every code that an error of the API can have, in `extensions.code`. docs/errors.md says what each means and what to do
 * about it; a test compares the two.
 */
export const ERROR_CODES = {
  BAD_REQUEST: { retryable: false, status: 400 },
  BAD_USER_INPUT: { retryable: false },
  FELL_BEHIND: { retryable: true },
  GRAPHQL_PARSE_FAILED: { retryable: false },
  GRAPHQL_VALIDATION_FAILED: { retryable: false },
  INTERNAL_SERVER_ERROR: { retryable: false, status: 500 },
  INVALID_TOKEN: { retryable: false, status: 401 },
  METHOD_NOT_ALLOWED: { retryable: false, status: 405 },
  NOT_ACCEPTABLE: { retryable: false, status: 406 },
  NOT_FOUND: { retryable: false },
  OPERATION_RESOLUTION_FAILURE: { retryable: false, status: 400 },
  OPERATION_TOO_LARGE: { retryable: false, status: 400 },
  ORDERS_LIMITED: { retryable: true, status: 429 },
  OVERLOADED: { retryable: true, status: 503 },
  PAYLOAD_TOO_LARGE: { retryable: false, status: 413 },
  RATE_LIMITED: { retryable: true, status: 429 },
  SIGN_IN_LIMITED: { retryable: true, status: 429 },
  STILL_WORKING: { retryable: true, status: 503 },
  TIMEOUT: { retryable: true, status: 503 },
  UNAUTHENTICATED: { retryable: false, status: 401 },
  UNAVAILABLE: { retryable: true, status: 503 },
  UNSUPPORTED_MEDIA_TYPE: { retryable: false, status: 415 },
} as const satisfies Record<string, Meaning>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a text is one of the codes. */
export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
