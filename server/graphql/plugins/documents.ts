import { type DocumentNode, type GraphQLError, type parse, specifiedRules, type ValidationRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { codedError } from '../public-errors.ts';

/**
 * Characters of the documents that are kept parsed and validated; clients have few, and send them again and again. A
 * character can take a hundred bytes when it is parsed.
 */
const MOST_CHARACTERS = 256 * 1024;

type Validated = Readonly<{ schema: unknown; rules: readonly ValidationRule[] }>;

/**
 * Parses and validates each document once, for as long as it is among those sent last. Yoga's own cache counts documents,
 * and a thousand of the largest would be gigabytes. A document that other rules have found valid is validated anew, and
 * an invalid one each time. `mostTokens`: in a document; `ownRules`: validated with those that plugins add.
 */
export function useDocuments(mostTokens: number, ownRules: readonly ValidationRule[]): Plugin {
  const parsed = new LRUCache<string, DocumentNode>({
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (_document, source) => source.length + 1,
  });
  const validated = new WeakMap<DocumentNode, Validated>();
  return {
    onParse: ({ parseFn, setParseFn }) =>
      setParseFn((source, options) => {
        const text = typeof source === 'string' ? source : source.body;
        const known = parsed.get(text);
        if (known) return known;
        const document = parseWithin(mostTokens, () => parseFn(source, { ...options, maxTokens: mostTokens }));
        parsed.set(text, document);
        return document;
      }),
    onValidate: ({ validateFn, setValidationFn }) =>
      setValidationFn((schema, document, rules, ...rest): readonly GraphQLError[] => {
        const known = validated.get(document);
        if (known && known.schema === schema && sameItems(known.rules, rules ?? [])) return [];
        const errors = validateFn(schema, document, [...(rules ?? specifiedRules), ...ownRules], ...rest);
        if (errors.length === 0) validated.set(document, { schema, rules: rules ?? [] });
        return errors;
      }),
  };
}

function parseWithin(mostTokens: number, run: () => ReturnType<typeof parse>): DocumentNode {
  try {
    return run();
  } catch (error) {
    // graphql-js has no other sign of it.
    if (!/more tha[nt] \d+ tokens/.test((error as Error).message)) throw error;
    throw codedError('OPERATION_TOO_LARGE', `The document has more than ${mostTokens} tokens.`);
  }
}

const sameItems = (one: readonly unknown[], other: readonly unknown[]) =>
  one.length === other.length && one.every((item, index) => item === other[index]);
