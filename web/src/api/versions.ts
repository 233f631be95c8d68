import type { OperationResult } from 'urql';

type Json = Record<string, unknown>;
type Field = { version: number; value: unknown };

/** How many entities are remembered; the ones that were not seen for longest are forgotten. */
const REMEMBERED = 2000;

/**
 * Makes a function that lets no older version of an entity overwrite a newer one. Answers overtake each other: a query
 * sent early can arrive after the stream has told of a later change. Each field of an entity with an id and a version
 * is compared with the newest that was seen of it, and an older value is replaced by that.
 */
export function createVersionGuard(): <T>(data: T) => T {
  const entities = new Map<string, Map<string, Field>>();

  function fieldsOf(key: string): Map<string, Field> {
    const fields = entities.get(key) ?? new Map<string, Field>();
    entities.delete(key);
    entities.set(key, fields);
    const [oldest] = entities.keys();
    if (entities.size > REMEMBERED && oldest !== undefined) entities.delete(oldest);
    return fields;
  }

  function guard(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(guard);
    if (!isObject(value)) return value;
    const object = Object.fromEntries(Object.entries(value).map(([name, child]) => [name, guard(child)])) as Json;
    const { __typename: type, id, version } = object;
    if (typeof type !== 'string' || typeof id !== 'string' || typeof version !== 'number') return object;
    const fields = fieldsOf(`${type}:${id}`);
    for (const [name, own] of Object.entries(object)) {
      const seen = fields.get(name);
      if (seen && seen.version > version) object[name] = seen.value = over(seen.value, own);
      else fields.set(name, { version, value: own });
    }
    return object;
  }

  return <T>(data: T) => guard(data) as T;
}

/** Puts a newer value over an older one, of which it keeps what the newer answer had not asked for. */
function over(newer: unknown, older: unknown): unknown {
  if (Array.isArray(newer) && Array.isArray(older) && newer.length === older.length)
    return newer.map((item, index) => over(item, older[index]));
  if (!isObject(newer) || !isObject(older)) return newer;
  const merged = Object.entries(newer).map(([name, value]) => [name, over(value, older[name])]);
  return { ...older, ...Object.fromEntries(merged) };
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Applies a guard to every result on its way into the cache. */
export function guardResults(guard: <T>(data: T) => T): (result: OperationResult) => OperationResult {
  return (result) => ({ ...result, data: guard(result.data) });
}
