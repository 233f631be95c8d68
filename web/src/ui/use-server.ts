import { useQuery } from 'urql';
import { ServerDocument } from '../gql/graphql.ts';

/** Reads once what the server says of itself; undefined until it has. */
export function useServer() {
  const [{ data }] = useQuery({ query: ServerDocument, requestPolicy: 'cache-first' });
  return data?.server;
}
