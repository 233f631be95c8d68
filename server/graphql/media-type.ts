const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';
const CHOSEN = new Map([
  [RESPONSE_TYPE, RESPONSE_TYPE],
  [JSON_TYPE, JSON_TYPE],
  ['application/*', JSON_TYPE],
  ['*/*', JSON_TYPE],
]);

/**
 * Chooses the media type of an answer, as Yoga does: the first of those that a client accepts that there is, whatever
 * weights it gives. Undefined when there is none.
 */
export function mediaTypeOf(accept = '*/*'): string | undefined {
  const named = CHOSEN.get(accept);
  if (named) return named;
  for (const range of accept.replace(/\s/g, '').toLowerCase().split(',')) {
    const [type, ...parameters] = range.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    const chosen = CHOSEN.get(type!);
    if (chosen && (charset === undefined || charset === 'charset=utf-8')) return chosen;
  }
  return undefined;
}
