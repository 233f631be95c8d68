import { type DocumentNode, type OperationDefinitionNode, type ValidationRule, visit } from 'graphql';
import type { OperationLimits } from '../../limits/config.ts';
import { badRequest, codedError } from '../public-errors.ts';
import { type ListSizes, type Measure, measure } from './measure.ts';

/** What the operations of valid documents cost. */
const costs = new WeakMap<OperationDefinitionNode, number>();

/** Tells what an operation costs; undefined when it was not measured, since something kept it from being validated. */
export const costOf = (operation: OperationDefinitionNode): number | undefined => costs.get(operation);

/** Makes the rule that refuses documents that ask for more than a request may, before anything of them is executed. */
export function operationLimitsRule(limits: OperationLimits, listSizes: ListSizes = {}): ValidationRule {
  return (context) => ({
    Document(document) {
      for (const [operation, measured] of measure(context.getSchema(), document, listSizes)) {
        costs.set(operation, measured.cost);
        for (const error of problemsOf(operation, measured, limits)) context.reportError(error);
      }
      for (const error of problemsOfDocument(document, limits)) context.reportError(error);
    },
  });
}

const tooLarge = (what: string, value: number, limit: number) =>
  codedError('OPERATION_TOO_LARGE', `The operation has ${what} of ${value}; the limit is ${limit}.`);

function* problemsOf(
  { operation }: OperationDefinitionNode,
  { cost, depth, rootFields, rootDirectives, recursion, introspectionAliases }: Measure,
  limits: OperationLimits,
) {
  const mostCost = operation === 'subscription' ? limits.subscriptionCost : limits.cost;
  const mostRootFields = operation === 'mutation' ? limits.rootMutations : limits.rootFields;
  if (recursion) yield codedError('OPERATION_TOO_LARGE', `${recursion} is asked for within itself.`);
  if (introspectionAliases) yield codedError('OPERATION_TOO_LARGE', 'Fields of introspection take no aliases.');
  if (cost > mostCost) yield tooLarge('a cost', cost, mostCost);
  if (depth > limits.depth) yield tooLarge('a depth', depth, limits.depth);
  if (rootFields > mostRootFields) yield tooLarge('a number of root fields', rootFields, mostRootFields);
  if (operation === 'subscription' && rootDirectives)
    yield badRequest('The field of a subscription takes no directives: subscribe to it, or do not.');
}

function* problemsOfDocument(document: DocumentNode, limits: OperationLimits) {
  let aliases = 0;
  let directives = 0;
  visit(document, {
    enter(node) {
      if (node.kind === 'Field' && node.alias) aliases++;
      if (node.kind === 'Directive') directives++;
    },
  });
  if (aliases > limits.aliases) yield tooLarge('a number of aliases', aliases, limits.aliases);
  if (directives > limits.directives) yield tooLarge('a number of directives', directives, limits.directives);
}
