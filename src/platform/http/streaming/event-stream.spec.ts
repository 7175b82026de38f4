import { describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { ServerEvent } from './event-stream.ts';
import { EventStream } from './event-stream.ts';

const event: ServerEvent = { id: '7', event: 'progress', data: { done: 1, text: 'a\nb' } };
const large: ServerEvent = { ...event, data: 'x'.repeat(100_000) };

function opened(): { stream: EventStream; response: ServerResponse } {
  // EventStream uses only members that any stream has.
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
  it('escapes line breaks in the data of events', async () => {
    const { stream } = opened();
    stream.send([event, { ...event, id: '8' }]);
    stream.send([]);

    const data = 'event: progress\ndata: {"done":1,"text":"a\\nb"}\n\n';
    expect(await sentOf(stream)).toBe(`retry: 1000\n\nid: 7\n${data}id: 8\n${data}`);
  });

  it('is not ready while its client reads nothing, and disconnects it after the stall timeout', async () => {
    const { stream, response } = opened();
    await turn();
    expect(stream.ready).toBe(true);
    stream.send([large]);
    await turn();
    expect(stream.ready).toBe(false);

    stream.keepAlive(later(14_000));
    expect(response.destroyed).toBe(false);
    stream.keepAlive(later(16_000));
    expect(response.destroyed).toBe(true);
  });

  it('is ready again when its client has read everything', async () => {
    const { stream, response } = opened();
    stream.send([large]);
    await sentOf(stream);
    await turn();

    expect(stream.ready).toBe(true);
    stream.keepAlive(later(14_000));
    expect(await sentOf(stream)).toBe('');
    expect(response.destroyed).toBe(false);
  });

  it('sends a heartbeat every 15 seconds', async () => {
    const { stream } = opened();
    await sentOf(stream);
    await turn();

    stream.keepAlive(later(16_000));

    expect(await sentOf(stream)).toBe(': heartbeat\n\n');
  });

  it('sends nothing after its end, and destroys a connection whose client does not read', async () => {
    const { stream, response } = opened();
    stream.end();
    stream.end();
    stream.send([event]);

    expect(stream.ready).toBe(false);
    expect(await sentOf(stream)).toBe('retry: 1000\n\n');
    stream.keepAlive(later(500));
    expect(response.destroyed).toBe(false);
    stream.keepAlive(later(1500));
    expect(response.destroyed).toBe(true);
  });

  it('calls close listeners when the client disconnects, also those added later', async () => {
    const { stream, response } = opened();
    let calls = 0;
    stream.onClose(() => (calls += 1));
    response.destroy();
    await turn();
    stream.onClose(() => (calls += 1));

    expect(calls).toBe(2);
  });
});
