import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Answers in a few words of text. */
export function answerInText(
  response: ServerResponse,
  status: number,
  message: string,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(message);
}
