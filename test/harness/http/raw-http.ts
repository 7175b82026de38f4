import { connect } from 'node:net';
import type { ApiResponse } from './api.ts';
import { assertMatchesOpenApi } from '../openapi/openapi-assertions.ts';

/** Sends bytes to the service, such as malformed requests, and reads the response until the server closes. */
export async function sendRaw(baseUrl: string, bytes: string | Buffer): Promise<ApiResponse> {
  const { hostname, port } = new URL(baseUrl);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const received: Buffer[] = [];
    socket.on('data', (data) => {
      received.push(data);
      if (isComplete(Buffer.concat(received).toString())) socket.end();
    });
    socket.on('close', () => {
      resolve(Buffer.concat(received).toString());
    });
    socket.on('error', (error) => {
      if (received.length > 0) resolve(Buffer.concat(received).toString());
      else reject(error);
    });
  });
  const reply = parse(text);
  const [, method, target] = /^([A-Z]+) (\S+) HTTP\/1\.1\r\n/.exec(bytes.toString('latin1')) ?? [];
  if (method !== undefined && target !== undefined) assertMatchesOpenApi({ method, target, ...reply });
  return reply;
}

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  return length !== undefined && Buffer.byteLength(text.slice(end + 4)) >= Number(length);
}

function parse(text: string): ApiResponse {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const [status = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name.toLowerCase(), value.join(':').trim()];
    }),
  );
  return {
    status: Number(status.split(' ')[1]),
    headers,
    body: body !== '' && /json/.test(headers['content-type'] ?? '') ? JSON.parse(body) : undefined,
    text: body,
  };
}
