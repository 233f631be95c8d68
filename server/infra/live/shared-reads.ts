import { Batcher } from '../fast/batcher.ts';

const LANES = { lanes: 2 };

/**
 * Reads for many readers at once. Those who ask the same before the read begins get the very same answer: woken
 * together, all who stand at the head of something share one read, and can share what they make of it.
 */
export class SharedReads<Question, Answer> {
  readonly #keyOf: (question: Question) => string;
  readonly #asked = new Map<string, Promise<Answer>>();
  readonly #batcher: Batcher<{ key: string; question: Question }, Answer>;

  /** `read` answers each question, in order, by an error where it has no answer. */
  constructor(keyOf: (question: Question) => string, read: (questions: Question[]) => Promise<(Answer | Error)[]>) {
    this.#keyOf = keyOf;
    this.#batcher = new Batcher((batch) => {
      for (const { key } of batch) this.#asked.delete(key);
      return read(batch.map(({ question }) => question));
    }, LANES);
  }

  /** Reads what stands after this call. Rejects when it cannot be read. */
  ask(question: Question): Promise<Answer> {
    const key = this.#keyOf(question);
    const asked = this.#asked.get(key);
    if (asked) return asked;
    const answer = this.#batcher.add({ key, question });
    this.#asked.set(key, answer);
    return answer;
  }
}
