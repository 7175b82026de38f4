import { describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { ServerEvent } from './event-stream.ts';
import { EventStream } from './event-stream.ts';

const event: ServerEvent = { id: '7', event: 'progress', data: { done: 1, text: 'a\nb' } };
const large: ServerEvent = { ...event, data: 'x'.repeat(100_000) };

function opened(): { stream: EventStream; response: ServerResponse } {
  // What a stream needs of a response, any stream has.
  const response = new PassThrough() as unknown as ServerResponse;
  return { stream: new EventStream(response), response };
}

async function sentOf(stream: EventStream): Promise<string> {
  await turn();
  return String(stream.body.read() ?? '');
}

function later(ms: number): number {
  return performance.now() + ms;
}

describe('EventStream', () => {
  it('writes events that a line break in their data does not end', async () => {
    const { stream } = opened();
    stream.send([event, { ...event, id: '8' }]);
    stream.send([]);

    const data = 'event: progress\ndata: {"done":1,"text":"a\\nb"}\n\n';
    expect(await sentOf(stream)).toBe(`retry: 1000\n\nid: 7\n${data}id: 8\n${data}`);
  });

  it('is not ready as long as its reader takes nothing, and cuts that reader off in the end', async () => {
    const { stream, response } = opened();
    await turn();
    expect(stream.ready).toBe(true);
    stream.send([large]);
    await turn();
    expect(stream.ready).toBe(false);

    stream.tend(later(14_000));
    expect(response.destroyed).toBe(false);
    stream.tend(later(16_000));
    expect(response.destroyed).toBe(true);
  });

  it('is ready again when its reader has taken everything', async () => {
    const { stream, response } = opened();
    stream.send([large]);
    await sentOf(stream);
    await turn();

    expect(stream.ready).toBe(true);
    stream.tend(later(14_000));
    expect(await sentOf(stream)).toBe('');
    expect(response.destroyed).toBe(false);
  });

  it('says every 15 seconds that it is alive', async () => {
    const { stream } = opened();
    await sentOf(stream);
    await turn();

    stream.tend(later(16_000));

    expect(await sentOf(stream)).toBe(': alive\n\n');
  });

  it('sends nothing behind its end, and gives up what is not taken', async () => {
    const { stream, response } = opened();
    stream.end();
    stream.end();
    stream.send([event]);

    expect(stream.ready).toBe(false);
    expect(await sentOf(stream)).toBe('retry: 1000\n\n');
    stream.tend(later(500));
    expect(response.destroyed).toBe(false);
    stream.tend(later(1500));
    expect(response.destroyed).toBe(true);
  });

  it('tells when its reader is gone, also who asks behind that', async () => {
    const { stream, response } = opened();
    let told = 0;
    stream.onClose(() => (told += 1));
    response.destroy();
    await turn();
    stream.onClose(() => (told += 1));

    expect(told).toBe(2);
  });
});
