/** One message of an event stream. */
export type ServerMessage = { event: string; data: string };

/** Reads the messages of an event stream. `onBytes` is called for each piece that arrives, pings included. */
export async function* readMessages(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<ServerMessage> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      const blocks = (rest + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n').split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const message = parseMessage(block);
        if (message) yield message;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Parses one block of lines; undefined for a ping, which has only a comment. */
export function parseMessage(block: string): ServerMessage | undefined {
  let event = '';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === 'event') event = value ?? '';
    if (field === 'data') data.push(value ?? '');
  }
  return event === '' && data.length === 0 ? undefined : { event: event || 'message', data: data.join('\n') };
}
