import {
  astFromValue,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Chance } from './chance.ts';
import type { Values } from './values.ts';

/** What is sent: a document, its variables, and perhaps which of its operations is meant. */
export type Request = { query: string; variables: Record<string, unknown>; operationName?: string };

export type Kind = 'query' | 'mutation' | 'subscription';

/** Writes documents that are valid by a schema, of which nothing else is known. */
export class DocumentWriter {
  readonly #schema: GraphQLSchema;
  readonly #chance: Chance;
  readonly #values: Values;
  #variables: { name: string; type: GraphQLInputType; value: unknown }[] = [];
  #fragments: string[] = [];
  #aliases = 0;

  constructor(schema: GraphQLSchema, chance: Chance, values: Values) {
    this.#schema = schema;
    this.#chance = chance;
    this.#values = values;
  }

  write(kind: Kind): Request {
    this.#variables = [];
    this.#fragments = [];
    this.#aliases = 0;
    const root = this.#schema.getRootType(kind as never) as GraphQLObjectType;
    const fields = Object.values(root.getFields()).filter(({ name }) => name !== 'crash');
    const depth = this.#chance.of([1, 2, 2, 3, 3, 4, 6, 9]);
    const chosen = kind === 'subscription' ? [this.#chance.of(fields)] : this.#chance.some(fields, 3);
    const selections = chosen.map((field) => this.#field(field, depth));
    const name = this.#chance.is(0.5) ? ' Fuzz' : '';
    const declared = this.#variables.map((variable) => `$${variable.name}: ${variable.type}`);
    const head = `${kind}${name}${declared.length > 0 ? `(${declared.join(', ')})` : ''}`;
    return {
      query: [`${head} { ${selections.join(' ')} }`, ...this.#fragments].join('\n'),
      variables: Object.fromEntries(this.#variables.map(({ name, value }) => [name, value])),
      ...(name && this.#chance.is(0.5) && { operationName: 'Fuzz' }),
    };
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const args = field.args
      .filter(({ type }) => isNonNullType(type) || this.#chance.is(0.4))
      .map((arg) => `${arg.name}: ${this.#argument(arg.type, arg.name)}`);
    const alias = this.#chance.is(0.3) ? `a${++this.#aliases}: ` : '';
    const directive = this.#chance.is(0.03)
      ? ` @${this.#chance.of(['include', 'skip'])}(if: ${this.#chance.is(0.5)})`
      : '';
    const type = getNamedType(field.type);
    const selected = isCompositeType(type) ? ` ${this.#selection(type, depth - 1)}` : '';
    return `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${directive}${selected}`;
  }

  #argument(type: GraphQLInputType, name: string): string {
    const value = this.#values.of(type, name);
    if (!this.#chance.is(0.4) && isLiteral(type, value)) return print(type, value);
    const variable = `v${this.#variables.length}`;
    this.#variables.push({ name: variable, type, value });
    return `$${variable}`;
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    if (isAbstractType(type)) {
      const parts = this.#chance.some(this.#schema.getPossibleTypes(type), 3).map((possible) => {
        const inner = this.#selection(possible, depth);
        return this.#chance.is(0.3) ? this.#fragment(possible.name, inner) : `... on ${possible.name} ${inner}`;
      });
      return `{ __typename ${parts.join(' ')} }`;
    }
    const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
    const open = fields.filter((field) => depth > 0 || !isCompositeType(getNamedType(field.type)));
    const required = open.filter(({ args }) => args.every((arg) => !isNonNullType(arg.type) || depth > 0));
    if (required.length === 0) return '{ __typename }';
    const inner = `{ ${this.#chance
      .some(required, 5)
      .map((field) => this.#field(field, depth))
      .join(' ')} }`;
    return this.#chance.is(0.08) ? `{ ${this.#fragment(type.name, inner)} }` : inner;
  }

  #fragment(type: string, inner: string): string {
    const name = `F${this.#fragments.length}`;
    this.#fragments.push(`fragment ${name} on ${type} ${inner}`);
    return `...${name}`;
  }
}

/** Whether a value can stand in a document as it is; a null or a text that is none goes by a variable. */
function isLiteral(type: GraphQLInputType, value: unknown): boolean {
  return !JSON.stringify(value)?.includes('\\u') && !(value === null && isNonNullType(type));
}

/** Writes a value as a literal. */
function print(type: GraphQLInputType, value: unknown): string {
  const bare = isNonNullType(type) ? type.ofType : type;
  if (value === null || value === undefined) return 'null';
  if (isListType(bare)) return `[${(value as unknown[]).map((item) => print(bare.ofType, item)).join(', ')}]`;
  if (isInputObjectType(bare)) {
    const fields = bare.getFields();
    const parts = Object.entries(value).map(([name, part]) => `${name}: ${print(fields[name]!.type, part)}`);
    return `{ ${parts.join(', ')} }`;
  }
  const node = astFromValue(value, bare);
  return node && 'value' in node && node.kind !== 'StringValue' ? String(node.value) : JSON.stringify(value);
}
