import type { Plugin } from 'graphql-yoga';

const JSON_TYPE = /^application\/(graphql\+)?json\s*(;|$)/i;

/**
 * Takes the body of a POST as JSON only. A form on any site can send the other types without the browser asking this
 * server first, and would so act in its visitor's name.
 */
export const jsonOnly: Plugin = {
  onRequest({ request, endResponse, fetchAPI }) {
    if (request.method !== 'POST' || JSON_TYPE.test(request.headers.get('content-type') ?? '')) return;
    const message = 'Send the operation as application/json.';
    const headers = { 'content-type': 'application/json' };
    endResponse(new fetchAPI.Response(JSON.stringify({ errors: [{ message }] }), { status: 415, headers }));
  },
};
