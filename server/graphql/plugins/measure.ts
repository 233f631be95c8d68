import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** How many items a list has by rule of thumb, for what an operation costs. */
    listSize?: number;
  }
}

/** What one operation asks for, before it is executed. */
export type Measure = Readonly<{
  /** Fields that an answer can have: each list multiplies what is inside it by its expected size. */
  cost: number;
  /** Levels of fields. */
  depth: number;
  /** Answers at the root: one field under several names counts as often. */
  rootFields: number;
  /** Whether something at the root stands under a directive. */
  rootDirectives: boolean;
  /** A field that is asked for within itself, as `Order.events`. */
  recursion: string | undefined;
  /** Whether fields of introspection have names of the caller's. */
  introspectionAliases: boolean;
}>;

/** Sizes of lists that are known at the start alone, by `Type.field`. */
export type ListSizes = Readonly<Record<string, number>>;

/** A list whose size nothing tells. */
const LIST_SIZE = 10;
/** A page whose size stands in a variable: the largest that there is. Without an argument: the size by default. */
const VARIABLE_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 20;
/**
 * `__schema` and `__type` can answer by half a megabyte, so that one of them is all that an operation may have by default. More they
 * cannot: their lists within lists are limited by a rule of graphql-js, and with no aliases each of their fields is there once.
 */
const INTROSPECTION_COST = 4_000;

type Part = { cost: number; depth: number; fields: ReadonlySet<string>; recursion: string | undefined };

const NOTHING: Part = { cost: 0, depth: 0, fields: new Set(), recursion: undefined };

/** Measures each operation of a document. Fields that the schema does not have count nothing. */
export function measure(
  schema: GraphQLSchema,
  document: DocumentNode,
  listSizes: ListSizes = {},
): Map<OperationDefinitionNode, Measure> {
  const operations = new Map<OperationDefinitionNode, Measure>();
  const meter = new Meter(schema, document, listSizes);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { cost, depth, recursion } = meter.selection(
      definition.selectionSet,
      schema.getRootType(definition.operation) ?? undefined,
    );
    const roots = meter.roots(definition.selectionSet);
    const names = roots.flatMap((root) => (root.kind === Kind.FIELD ? [(root.alias ?? root.name).value] : []));
    operations.set(definition, {
      cost,
      depth,
      rootFields: new Set(names).size,
      rootDirectives: roots.some(({ directives = [] }) => directives.length > 0),
      recursion,
      introspectionAliases: meter.introspectionAliases,
    });
  }
  return operations;
}

class Meter {
  readonly #schema: GraphQLSchema;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  /** Each fragment is measured once for a page size, however often it is spread. */
  readonly #measured = new Map<string, Part>();

  readonly #listSizes: ListSizes;
  introspectionAliases = false;

  constructor(schema: GraphQLSchema, { definitions }: DocumentNode, listSizes: ListSizes) {
    this.#schema = schema;
    this.#listSizes = listSizes;
    for (const definition of definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition);
  }

  /** Measures what is selected of a type. `pageSize`: of the connection that it is selected of. */
  selection({ selections }: SelectionSetNode, type: GraphQLNamedType | undefined, pageSize?: number): Part {
    const parts = selections.map((selection) => {
      if (selection.kind === Kind.FIELD) return this.#field(selection, type, pageSize);
      if (selection.kind === Kind.FRAGMENT_SPREAD) return this.#fragment(selection.name.value, pageSize);
      const condition = selection.typeCondition?.name.value;
      return this.selection(selection.selectionSet, condition ? this.#schema.getType(condition) : type, pageSize);
    });
    return {
      cost: parts.reduce((sum, { cost }) => sum + cost, 0),
      depth: Math.max(0, ...parts.map(({ depth }) => depth)),
      fields: new Set(parts.flatMap(({ fields }) => [...fields])),
      recursion: parts.find(({ recursion }) => recursion)?.recursion,
    };
  }

  /** Collects what is selected at the root, also by fragments. */
  roots({ selections }: SelectionSetNode, seen = new Set<string>()): SelectionNode[] {
    return selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return [selection, ...this.roots(selection.selectionSet, seen)];
      const fragment = this.#fragments.get(selection.name.value);
      if (!fragment || seen.has(selection.name.value)) return [selection];
      seen.add(selection.name.value);
      return [selection, ...this.roots(fragment.selectionSet, seen)];
    });
  }

  #hasAliases(selectionSet: SelectionSetNode | undefined, seen = new Set<string>()): boolean {
    if (!selectionSet) return false;
    return selectionSet.selections.some((selection) => {
      if (selection.kind !== Kind.FRAGMENT_SPREAD)
        return (
          (selection.kind === Kind.FIELD && selection.alias !== undefined) ||
          this.#hasAliases(selection.selectionSet, seen)
        );
      const { value } = selection.name;
      if (seen.has(value)) return false;
      seen.add(value);
      return this.#hasAliases(this.#fragments.get(value)?.selectionSet, seen);
    });
  }

  #fragment(name: string, pageSize: number | undefined): Part {
    const key = `${name} ${pageSize}`;
    const known = this.#measured.get(key);
    if (known) return known;
    // A fragment within itself is another rule's to refuse; here it counts nothing.
    this.#measured.set(key, NOTHING);
    const fragment = this.#fragments.get(name);
    if (!fragment) return NOTHING;
    const type = this.#schema.getType(fragment.typeCondition.name.value);
    const part = this.selection(fragment.selectionSet, type, pageSize);
    this.#measured.set(key, part);
    return part;
  }

  #field(node: FieldNode, parent: GraphQLNamedType | undefined, pageSize: number | undefined): Part {
    const name = node.name.value;
    if (name === '__typename') return { ...NOTHING, cost: 1, depth: 1 };
    if (name === '__schema' || name === '__type') {
      this.introspectionAliases ||= this.#hasAliases(node.selectionSet);
      return { ...NOTHING, cost: INTROSPECTION_COST, depth: 1 };
    }
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    if (!field || !parent) return NOTHING;
    const type = getNamedType(field.type);
    if (!node.selectionSet || !isCompositeType(type)) return { ...NOTHING, cost: 1, depth: 1 };

    const isPage = field.args.some((arg) => arg.name === 'first');
    const inner = this.selection(node.selectionSet, type, isPage ? pageSizeOf(node) : undefined);
    const isList = isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
    const coordinate = `${parent.name}.${name}`;
    const listSize = this.#listSizes[coordinate] ?? field.extensions.listSize ?? LIST_SIZE;
    const size = !isList ? 1 : name === 'edges' && pageSize !== undefined ? pageSize : listSize;
    return {
      cost: 1 + size * inner.cost,
      depth: 1 + inner.depth,
      fields: new Set([...inner.fields, coordinate]),
      recursion: inner.recursion ?? (inner.fields.has(coordinate) ? coordinate : undefined),
    };
  }
}

function pageSizeOf({ arguments: args = [] }: FieldNode): number {
  const sizes = args.filter(({ name }) => name.value === 'first' || name.value === 'last');
  return sizes.length === 0 ? DEFAULT_PAGE_SIZE : Math.max(...sizes.map(({ value }) => sizeIn(value)));
}

function sizeIn(value: ValueNode): number {
  if (value.kind === Kind.INT) return Math.min(VARIABLE_PAGE_SIZE, Math.max(0, Number(value.value)));
  return value.kind === Kind.NULL ? DEFAULT_PAGE_SIZE : VARIABLE_PAGE_SIZE;
}
