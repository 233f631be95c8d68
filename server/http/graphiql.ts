import type { IncomingMessage, ServerResponse } from 'node:http';
import { acceptsHtml } from './accepted.ts';

const EXAMPLE = `# The store's API: Ctrl-Enter runs the query, the book on the left has the documentation.
{
  products {
    edges {
      node { id name price { amount currencyCode } inventory }
    }
  }
}
`;

/** Whether a request for the API is a person's who opens it in a browser. */
export function wantsGraphiql({ method, url = '', headers }: IncomingMessage): boolean {
  return method === 'GET' && acceptsHtml(headers.accept) && !/[?&]query=/.test(url);
}

/** Answers with GraphiQL, from our own files; they are read when somebody first opens it. */
export async function answerWithGraphiql(response: ServerResponse): Promise<void> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const page = await renderGraphiQL({ title: 'Checkout API', defaultQuery: EXAMPLE });
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(page);
}
