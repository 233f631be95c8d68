import { connect } from 'node:net';
import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { broken } from './breaking.ts';
import { bytesOf } from './bytes.ts';
import { Chance } from './chance.ts';
import { DocumentWriter, type Kind } from './documents.ts';
import { KnownIds, Values } from './values.ts';
import { type Answer, problemOf, problemOfBytes } from './verdict.ts';

/** Longer than anything may take. */
const PATIENCE_MS = 40_000;
/** A stream is read for so long at most, and left. */
const WATCHED_MS = 30;

export type Options = Readonly<{
  url: string;
  token: string;
  seed: number;
  requests: number;
  /** Requests that are under way at once. */
  atOnce: number;
  /** Hears how many requests have been answered. */
  progress?: (done: number) => void;
}>;

/** What came of it: how often each kind was sent and each status and code came back, and what is wrong. */
export type Report = { sent: Record<string, number>; answers: Record<string, number>; problems: string[] };

/** Sends requests to a store, as a seed and the store's own schema have them, and looks at each answer. */
export async function fuzz(options: Options): Promise<Report> {
  const fuzzer = new Fuzzer(options, await readSchema(options.url));
  return fuzzer.run();
}

async function readSchema(url: string): Promise<GraphQLSchema> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: getIntrospectionQuery() }),
  });
  return buildClientSchema(((await response.json()) as { data: IntrospectionQuery }).data);
}

class Fuzzer {
  readonly #options: Options;
  readonly #schema: GraphQLSchema;
  readonly #ids = new KnownIds();
  readonly #report: Report = { sent: {}, answers: {}, problems: [] };
  #next = 0;
  #done = 0;

  constructor(options: Options, schema: GraphQLSchema) {
    this.#options = options;
    this.#schema = schema;
  }

  async run(): Promise<Report> {
    await Promise.all(Array.from({ length: this.#options.atOnce }, () => this.#work()));
    return this.#report;
  }

  async #work(): Promise<void> {
    while (this.#next < this.#options.requests) {
      const number = this.#next++;
      // Each request has a source of chance of its own, so that it is the same whatever is under way beside it.
      const chance = new Chance(this.#options.seed * 1_000_003 + number);
      await this.#send(number, chance).catch((error: Error & { sent?: string }) => {
        const { message, cause = '', sent = '' } = error;
        this.#report.problems.push(`request ${number}: ${message} ${String(cause)}\n  for ${sent}`);
      });
      this.#done++;
      this.#options.progress?.(this.#done);
    }
  }

  async #send(number: number, chance: Chance): Promise<void> {
    if (chance.is(0.2)) return this.#sendBytes(number, chance);
    const kind: Kind = chance.of(['query', 'query', 'query', 'mutation', 'mutation', 'subscription']);
    const malice = chance.of([0, 0.1, 0.5]);
    const written = new DocumentWriter(this.#schema, chance, new Values(chance, this.#ids, malice)).write(kind);
    const isBroken = chance.is(0.4);
    const request = isBroken ? broken(written, chance) : written;
    this.#count('sent', isBroken ? `broken ${kind}` : kind);
    await this.#ask(number, request, kind, chance);
  }

  async #ask(number: number, request: unknown, kind: Kind, chance: Chance): Promise<void> {
    const byGet = chance.is(0.1) && typeof request === 'object' && request !== null;
    const leaving = new AbortController();
    const timer = setTimeout(() => leaving.abort(new Error('no answer in time')), PATIENCE_MS);
    try {
      const response = await fetch(byGet ? this.#addressOf(request) : `${this.#options.url}/graphql`, {
        method: byGet ? 'GET' : 'POST',
        headers: {
          ...(!byGet && { 'content-type': 'application/json' }),
          accept: kind === 'subscription' || chance.is(0.05) ? 'text/event-stream' : 'application/json',
          // One client asks for more than it may have.
          'x-forwarded-for': chance.is(0.2) ? '198.51.100.1' : `192.0.2.${chance.below(200)}`,
          ...(chance.is(0.5) && { authorization: `Bearer ${this.#options.token}` }),
        },
        signal: leaving.signal,
        ...(!byGet && { body: JSON.stringify(request) }),
      });
      const text = await this.#read(response, chance, leaving);
      this.#look(number, { status: response.status, headers: response.headers, text }, request);
    } catch (error) {
      throw Object.assign(error as Error, { sent: JSON.stringify(request).slice(0, 600) });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads an answer, or some of a stream. */
  async #read(response: Response, chance: Chance, leaving: AbortController): Promise<string> {
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
    let text = '';
    const reader = response.body!.getReader();
    const until = performance.now() + chance.below(WATCHED_MS);
    const decoder = new TextDecoder();
    for (;;) {
      const left = until - performance.now();
      if (left <= 0) break;
      const timer = new Promise<undefined>((resolve) => setTimeout(resolve, left));
      const part = await Promise.race([reader.read(), timer]);
      if (!part || part.done) break;
      text += decoder.decode(part.value, { stream: true });
    }
    leaving.abort();
    await reader.cancel().catch(() => {});
    // What is cut off in the middle is no event.
    return text.slice(0, text.lastIndexOf('\n\n') + 1);
  }

  #look(number: number, answer: Answer, request: unknown): void {
    this.#ids.note(answer.text);
    const codes = [...answer.text.matchAll(/"code":"(\w+)"/g)].map(([, code]) => code);
    this.#count('answers', [answer.status, ...new Set(codes)].join(' '));
    const problem = problemOf(answer);
    if (problem)
      this.#report.problems.push(`request ${number}: ${problem}\n  for ${JSON.stringify(request).slice(0, 600)}`);
  }

  #addressOf(request: object): string {
    const entries = Object.entries(request).filter(([, value]) => value !== undefined);
    const parameters = entries.map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    // What is longer than headers may be is cut off by Node.js, which is not what is looked for here.
    return `${this.#options.url}/graphql?${new URLSearchParams(parameters).toString().slice(0, 8_000)}`;
  }

  async #sendBytes(number: number, chance: Chance): Promise<void> {
    const bytes = bytesOf(chance);
    this.#count('sent', 'bytes');
    const socket = connect(Number(new URL(this.#options.url).port), '127.0.0.1');
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('latin1');
      // An answer is enough; who waits for the end of a connection that is kept waits long.
      socket.end();
    });
    socket.setTimeout(WATCHED_MS, () => socket.end());
    socket.write(bytes);
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    // A connection may be reset as well, which `once` would throw.
    await new Promise((resolve) => socket.once('close', resolve));
    clearTimeout(timer);
    this.#count('answers', `bytes ${/HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 'none'}`);
    const problem = problemOfBytes(text);
    if (problem)
      this.#report.problems.push(
        `request ${number}: ${problem}\n  for ${JSON.stringify(bytes.toString('latin1').slice(0, 600))}`,
      );
  }

  #count(what: 'sent' | 'answers', name: string): void {
    this.#report[what][name] = (this.#report[what][name] ?? 0) + 1;
  }
}
