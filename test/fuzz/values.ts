import { type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType, isScalarType } from 'graphql';
import { keyOf } from '../support/keys.ts';
import type { Chance } from './chance.ts';

/** Text that was trouble for somebody. */
export const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff',
  '\u202e',
  '\ufeff',
  '🛒'.repeat(20),
  'İ',
  'ﷺ',
  '‮',
  '\r\n',
  '\\',
  '"',
  '"""',
  "'",
  "' OR 1=1 --",
  '$1',
  '{{7*7}}',
  '%s%n',
  '../../../../etc/passwd',
  '<script>alert(1)</script>',
  'javascript:alert(1)',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e400',
  '0x10',
  'x'.repeat(300),
  'x'.repeat(20_000),
]; // prettier-ignore

/** Numbers at the edges of what somebody's type can hold. */
export const NUMBERS = [
  0,
  -0,
  1,
  -1,
  2,
  50,
  51,
  99,
  100,
  101,
  999,
  1_000,
  1_001,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1e21,
  1e308,
  0.1,
  -0.5,
  1.0000000001,
]; // prettier-ignore

const globalId = (text: string) => Buffer.from(text).toString('base64');
const WRONG_IDS = [
  globalId('Product:0'),
  globalId('Product:-1'),
  globalId('Product:2147483648'),
  globalId('Product:1e3'),
  globalId('Product:'),
  globalId('Order:1'),
  globalId('Order:00000000-0000-0000-0000-000000000000'),
  globalId('Payment:x'),
  globalId('Query:1'),
  globalId('__proto__:1'),
  globalId('Order:\0'),
  '%%%',
  'UHJvZHVjdDox='.repeat(50),
]; // prettier-ignore

/** Ids that the store has told, so that documents can ask for what is there. */
export class KnownIds {
  readonly #ids: string[] = [];

  /** Takes note of the global ids in an answer. */
  note(answer: string): void {
    for (const [, id] of answer.matchAll(/"(?:id|cursor|startCursor|endCursor)":"([A-Za-z0-9+/=]{8,80})"/g)) {
      if (this.#ids.includes(id!)) continue;
      this.#ids.push(id!);
      // The newest are those that something still happens to; the first are the products.
      if (this.#ids.length > 300) this.#ids.splice(20, 1);
    }
  }

  one(chance: Chance): string {
    return this.#ids.length > 0 && chance.is(0.85) ? chance.of(this.#ids) : chance.of(WRONG_IDS);
  }
}

/** Makes values for the inputs of a schema: mostly sensible, sometimes hostile, always of the type. */
export class Values {
  readonly #chance: Chance;
  readonly #ids: KnownIds;
  /** How often a value is hostile. */
  readonly #malice: number;

  constructor(chance: Chance, ids: KnownIds, malice: number) {
    this.#chance = chance;
    this.#ids = ids;
    this.#malice = malice;
  }

  /** Makes a value as JSON has it. `name`: of the argument or field. */
  of(type: GraphQLInputType, name: string): unknown {
    if (isNonNullType(type)) return this.of(type.ofType, name);
    if (this.#chance.is(0.03)) return null;
    if (isListType(type)) {
      const length = this.#chance.is(this.#malice) ? this.#chance.of([0, 60, 120]) : 1 + this.#chance.below(2);
      return this.#chance.times(length, () => this.of(type.ofType, name));
    }
    if (isEnumType(type)) return this.#chance.of(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields());
      const chosen = type.isOneOf && !this.#chance.is(this.#malice) ? [this.#chance.of(fields)] : fields;
      const given = chosen.filter((field) => type.isOneOf || isNonNullType(field.type) || this.#chance.is(0.5));
      return Object.fromEntries(given.map((field) => [field.name, this.of(field.type, field.name)]));
    }
    return isScalarType(type) ? this.#scalar(type.name, name) : null;
  }

  #scalar(type: string, name: string): unknown {
    if (type === 'ID') return this.#ids.one(this.#chance);
    if (type === 'Boolean') return this.#chance.is(0.5);
    if (type === 'Int') {
      const hostile = NUMBERS.filter((n) => Number.isInteger(n) && Math.abs(n) < 2 ** 31);
      return this.#chance.is(this.#malice) ? this.#chance.of(hostile) : 1 + this.#chance.below(5);
    }
    if (type === 'Float') return this.#chance.of(NUMBERS);
    if (this.#chance.is(this.#malice)) return this.#chance.of(TEXTS);
    if (/key/i.test(name)) return keyOf(`fuzz ${this.#chance.below(5_000)}`);
    return name === 'sku' ? this.#chance.of(['WIDGET', 'GADGET', 'GIZMO', 'NOTHING']) : 'text';
  }
}
