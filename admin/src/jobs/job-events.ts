import type { components } from '../api/index.ts';
import { ApiError, openStream } from '../api/index.ts';

/** An event of the stream of a job. */
export type JobEvent = { readonly id: string } & (
  | { readonly kind: 'state'; readonly data: components['schemas']['JobStateChange'] }
  | { readonly kind: 'progress'; readonly data: components['schemas']['JobProgressChange'] }
  | { readonly kind: 'done'; readonly data: components['schemas']['JobEnding'] }
);

const reconnectSeconds = 1;

/**
 * The events of a job, from its first one until it is finished. EventSource sends no Authorization header, so this reads
 * the stream itself. When the connection ends before the job, it continues after the last event; a `done` within the stream
 * was followed by a retry.
 * @throws ApiError when the service rejects the request
 */
export async function* jobEvents(jobId: string, signal: AbortSignal): AsyncGenerator<JobEvent> {
  let last: JobEvent | undefined;
  for (;;) {
    let pauseSeconds = reconnectSeconds;
    try {
      for await (const event of readStream(jobId, last?.id, signal)) {
        last = event;
        yield event;
      }
      if (last?.kind === 'done') return;
    } catch (error) {
      if (signal.aborted) return;
      // A lost connection is a TypeError; a problem such as 404 or 403 does not pass.
      if (error instanceof ApiError && !error.isTemporary) throw error;
      if (error instanceof ApiError) pauseSeconds = error.retryAfterSeconds ?? reconnectSeconds;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseSeconds * 1000));
    if (signal.aborted) return;
  }
}

async function* readStream(jobId: string, lastId: string | undefined, signal: AbortSignal): AsyncGenerator<JobEvent> {
  const headers = { Accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'Last-Event-ID': lastId }) };
  const response = await openStream({ path: `jobs/${jobId}/events`, headers, signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event !== undefined) yield event;
    }
  }
}

/** A block of lines `id: …`, `event: …`, `data: …`; undefined for a heartbeat. */
function parseEvent(block: string): JobEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
  const [id, kind, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
  if (id === undefined || kind === undefined || data === undefined) return undefined;
  // The tests of the service validate its events against the document that the types are generated from.
  return { id, kind, data: JSON.parse(data) as unknown } as JobEvent;
}
