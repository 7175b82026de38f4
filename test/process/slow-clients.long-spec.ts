import { afterAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Api } from '../harness/http/api.ts';
import { openSocket } from '../harness/http/sockets.ts';
import { ServiceProcess, temporaryFolder } from '../harness/process/service-process.ts';

const timeoutMs = 120_000;
/** A busy machine is late. */
const toleranceMs = 10_000;
const service = ServiceProcess.start(temporaryFolder());
const url = new URL(await service.url());
const host = `Host: ${url.host}\r\n`;

afterAll(async () => {
  await service.stop();
});

/** Sends one byte each second until the service closes the connection. Returns its response and how long that took. */
async function drip(start: string): Promise<{ reply: string; tookMs: number }> {
  const socket = await openSocket(url);
  const openedAt = performance.now();
  const closed = once(socket, 'close');
  const reply = collect(socket);
  socket.write(start);
  const timer = setInterval(() => socket.write('x'), 1000);
  await closed;
  clearInterval(timer);
  return { reply: reply(), tookMs: performance.now() - openedAt };
}

function collect(socket: Socket): () => string {
  let reply = '';
  socket.on('data', (bytes) => (reply += bytes.toString()));
  return () => reply;
}

describe('A client that sends slowly', () => {
  it(
    'is disconnected with 408 after 15 s without complete headers, and after 30 s without the body, while others are served',
    async () => {
      const headers = Array.from({ length: 50 }, async () => await drip(`GET /livez HTTP/1.1\r\n${host}X-Slow: `));
      const silent = openSocket(url).then(async (socket) => {
        const openedAt = performance.now();
        const reply = collect(socket);
        await once(socket, 'close');
        return { reply: reply(), tookMs: performance.now() - openedAt };
      });
      const head = `POST /v1/auth/login HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 200\r\n\r\n`;
      const body = drip(head);

      expect((await new Api(url.origin).get('/livez')).status).toBe(200);
      for (const { reply, tookMs } of [...(await Promise.all(headers)), await silent]) {
        expect(reply).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
        expect(tookMs).toBeGreaterThan(14_900);
        expect(tookMs).toBeLessThan(15_000 + toleranceMs);
      }
      const slow = await body;
      expect(slow.reply).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
      expect(slow.reply).toContain('"code":"request_timeout"');
      expect(slow.tookMs).toBeGreaterThan(29_900);
      expect(slow.tookMs).toBeLessThan(30_000 + toleranceMs);
    },
    timeoutMs,
  );
});
