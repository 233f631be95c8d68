/** What a request asks for. */
export type Parameters = Readonly<{
  query: string;
  variables?: Record<string, unknown> | null;
  operationName?: string | null;
}>;

/** Reads the body of a POST. Undefined: it is wrong, or has something that only Yoga knows. */
export function parametersOfBody(json: string): Parameters | undefined {
  return checked(parsed(json));
}

/** Reads the target of a GET, in the same way. */
export function parametersOfTarget(target: string): Parameters | undefined {
  const given = [...new URLSearchParams(target.slice(target.indexOf('?')))].filter(([, value]) => value !== '');
  const { variables, ...texts } = Object.fromEntries(given);
  const values = variables && parsed(variables);
  const isTwice = new Set(given.map(([name]) => name)).size < given.length;
  return isTwice || (variables && values === undefined) ? undefined : checked({ ...texts, variables: values });
}

function checked(given: unknown): Parameters | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { query, variables, operationName, ...more } = given as Record<string, unknown>;
  if (typeof query !== 'string' || Object.keys(more).length > 0) return undefined;
  if (typeof (variables ?? {}) !== 'object' || Array.isArray(variables)) return undefined;
  if (operationName != null && typeof operationName !== 'string') return undefined;
  return given as Parameters;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
