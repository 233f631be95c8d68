import type { Plugin } from 'graphql-yoga';
import type { Context } from '../builder.ts';
import { publicResult } from '../public-errors.ts';

/**
 * Makes of each error of a result what its caller may know, where Yoga writes the answer. The last plugin, so that it sees
 * the errors of all others.
 */
export function useErrors(): Plugin<Context, Context> {
  return {
    onExecutionResult({ result, setResult, context }) {
      if (!result || Array.isArray(result) || Symbol.asyncIterator in result) return;
      const { requestId, headers } = (context as unknown as Context).caller;
      const { extensions, ...told } = publicResult(result, requestId);
      setResult({ ...told, extensions: { ...extensions, http: { headers } } });
    },
  };
}
