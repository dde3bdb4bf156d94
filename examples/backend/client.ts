/** A small client over HTTP alone, as an app or another service would have one. */

export interface Reply {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the route answers
  readonly body: any;
}

export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the event carries
  readonly data: any;
}

const TIMEOUT_MS = 10_000;

export async function ask(method: string, url: string, body?: unknown, key?: string): Promise<Reply> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { 'Content-Type': 'application/json', ...(key !== undefined && { 'Idempotency-Key': key }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

/** Server-sent events, one by one. Leaving the loop ends the connection; `lastEventId` resumes. */
export async function* listen(
  url: string,
  { signal, lastEventId }: { readonly signal: AbortSignal; readonly lastEventId?: string },
): AsyncGenerator<ServerEvent, void, undefined> {
  const headers = { Accept: 'text/event-stream', ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) };
  const response = await fetch(url, { headers, signal });
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}.`);
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + piece).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parse(block);
      if (event) yield event;
    }
  }
}

/** `undefined` for a comment, which only keeps the connection. */
function parse(block: string): ServerEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at), line.slice(at + 1).trimStart()] as const;
    }),
  );
  const data = fields.get('data');
  return data === undefined
    ? undefined
    : { id: fields.get('id'), event: fields.get('event') ?? 'message', data: JSON.parse(data) };
}
