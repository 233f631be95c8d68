import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
  visit,
} from 'graphql';

/**
 * Characters of the documents that are kept parsed and validated; clients have few, and send them again and again. A
 * character can take a hundred bytes when it is parsed.
 */
const MOST_CHARACTERS = 256 * 1024;

/** A valid document with one operation. */
export type Operation = Readonly<{
  /** Of this process's own. */
  id: number;
  document: DocumentNode;
  node: OperationDefinitionNode;
  /** The variables in it, other than in the arguments of its fields at the root. */
  inner: readonly string[];
}>;

/** Remembers for each document what there is to execute in it. */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #known = new Map<string, Operation | undefined>();
  #characters = 0;
  #read = 0;

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** Finds the operation of a document; undefined when it is invalid, has not one operation, or one of another name. */
  operationOf(source: string, name: string | null | undefined): Operation | undefined {
    if (!this.#known.has(source)) this.#remember(source);
    const operation = this.#known.get(source);
    return name == null || name === operation?.node.name?.value ? operation : undefined;
  }

  #remember(source: string): void {
    this.#characters += source.length;
    for (const oldest of this.#known.keys()) {
      if (this.#characters <= MOST_CHARACTERS) break;
      this.#known.delete(oldest);
      this.#characters -= oldest.length;
    }
    this.#known.set(source, this.#operationIn(source));
  }

  #operationIn(source: string): Operation | undefined {
    try {
      const document = parse(source);
      if (validate(this.#schema, document).length > 0) return undefined;
      const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
      const [node] = operations as OperationDefinitionNode[];
      if (!node || operations.length > 1) return undefined;
      return { id: ++this.#read, document, node, inner: innerVariables(document) };
    } catch {
      return undefined;
    }
  }
}

function innerVariables({ definitions }: DocumentNode): string[] {
  const names = new Set<string>();
  const note = { Variable: ({ name }: { name: { value: string } }) => void names.add(name.value) };
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) visit(definition, note);
    else
      for (const selection of definition.selectionSet.selections)
        visit(selection.kind === Kind.FIELD ? { ...selection, arguments: [] } : selection, note);
  }
  return [...names];
}
