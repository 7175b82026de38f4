import { describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { bodyTimeouts } from '../../../src/platform/http/server/body-timeout.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { sendRaw } from '../../harness/http/raw-http.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const { api, factory } = await sharedApp();
const asAdmin = api.as(await factory.admin());
const inherited = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__'];

describe('a request target', () => {
  it('in absolute form is rejected', async () => {
    const reply = await sendRaw(api.baseUrl, 'GET http://evil.example/v1/users/me?a=1 HTTP/1.1\r\nHost: a\r\n\r\n');

    expect(reply).toBeProblem('bad-request', 400);
  });

  it('outside the folder of the docs is 404', async () => {
    const reply = await sendRaw(api.baseUrl, 'GET /docs/%2e%2e/%2e%2e/package.json HTTP/1.1\r\nHost: a\r\n\r\n');

    expect(reply).toBeProblem('not-found', 404);
  });

  it.each(['/v1/users?email=%zz', '/v1/users?email=%ED%A0%80', '/livez?a=%'])(
    'with malformed percent-encoding is rejected: %s',
    async (path) => {
      expect(await asAdmin.get(path)).toBeProblem('bad-request', 400);
    },
  );

  it('of CONNECT returns 405', async () => {
    const reply = await sendRaw(api.baseUrl, 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n');

    expect(reply).toBeProblem('method-not-allowed', 405);
  });

  it('of TRACE is rejected, and nothing of it is returned', async () => {
    const reply = await sendRaw(api.baseUrl, 'TRACE /livez HTTP/1.1\r\nHost: a\r\nX-Trace: canary-trace\r\n\r\n');

    expect(reply).toBeProblem('method-not-allowed', 405);
    expect(JSON.stringify(reply)).not.toContain('canary-trace');
  });

  it('of CONNECT does not end the process when the client resets the connection', async () => {
    const { hostname, port } = new URL(api.baseUrl);
    for (let at = 0; at < 50; at += 1) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write('CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n');
      socket.resetAndDestroy();
    }

    expect((await api.get('/livez')).status).toBe(200);
  });
});

describe('a body that is not read', () => {
  it('leaves no timer when its connection has ended', async () => {
    const [set, clear] = [jest.spyOn(globalThis, 'setTimeout'), jest.spyOn(globalThis, 'clearTimeout')];
    const body = 'x'.repeat(1024 * 1024);
    const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;

    const reply = await sendRaw(api.baseUrl, `POST /v1/auth/login HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n${body}`);

    const limits = set.mock.calls.flatMap(([, ms], call) =>
      ms === bodyTimeouts.default * 1000 ? [set.mock.results[call]?.value] : [],
    );
    expect(reply).toBeProblem('content-too-large', 413);
    expect(limits.length).toBeGreaterThan(0);
    await waitUntil('the timers are cleared', () =>
      limits.every((limit) => clear.mock.calls.some(([timer]) => timer === limit)),
    );
    set.mockRestore();
    clear.mockRestore();
  });
});

describe('The connection of a refused CONNECT', () => {
  it('closes although the client keeps its half open', async () => {
    const { hostname, port } = new URL(api.baseUrl);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    socket.write('CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n');

    await once(socket, 'end');

    // A packet is refused as soon as the service has closed the connection.
    const timer = setInterval(() => socket.write('x'), 50);
    await closed;
    clearInterval(timer);
  });
});

describe('many requests at once on a connection', () => {
  it('add no listener each', async () => {
    const warnings: Error[] = [];
    const record = (warning: Error): void => void warnings.push(warning);
    process.on('warning', record);
    const request = 'POST /v1/nothing HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n';

    const reply = await sendRaw(api.baseUrl, `${`${request}\r\n{}`.repeat(20)}${request}Connection: close\r\n\r\n{}`);

    expect(reply.status).toBe(404);
    expect(warnings).toEqual([]);
    process.off('warning', record);
  });
});

describe('a malformed HEAD request', () => {
  it('returns no body', async () => {
    const head = `HEAD / HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(20_480)}\r\n\r\n`;

    const reply = await sendRaw(api.baseUrl, head);

    expect(reply).toMatchObject({ status: 431, text: '', headers: { 'content-type': 'application/problem+json' } });
  });
});

describe('OPTIONS without a configured origin', () => {
  it('returns the methods of a known path and 404 otherwise', async () => {
    const known = await sendRaw(api.baseUrl, 'OPTIONS /v1/auth/login HTTP/1.1\r\nHost: a\r\n\r\n');
    const unknown = await sendRaw(api.baseUrl, 'OPTIONS /nothing HTTP/1.1\r\nHost: a\r\n\r\n');

    expect(known).toBeProblem('method-not-allowed', 405);
    expect(known.headers['allow']).toBe('POST');
    expect(unknown).toBeProblem('not-found', 404);
  });
});

describe('an ambiguous header', () => {
  it.each([
    'Host: b',
    'Authorization: Bearer a\r\nAuthorization: Bearer b',
    'Content-Length: 0\r\nTransfer-Encoding: chunked',
    'Content-Length: 0\r\nContent-Length: 1',
  ])('is rejected: %j', async (lines) => {
    const reply = await sendRaw(api.baseUrl, `GET /livez HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`);

    expect(reply).toBeProblem('bad-request', 400);
  });
});

describe('the name of a member of Object.prototype', () => {
  it.each(inherited)('is an unknown parameter and an unknown member: %s', async (name) => {
    expect(await asAdmin.get(`/v1/users?${name}=1`)).toBeProblem('invalid-parameter', 400);
    if (name === '__proto__' || name === 'constructor') return;
    const reply = await api.post('/v1/auth/login', { email: 'a@example.com', password: 'b', [name]: 1 });
    expect(reply).toBeProblem('validation-failed', 422);
    expect(reply.body).toMatchObject({ errors: [{ pointer: `#/${name}`, code: 'unknown_member' }] });
  });
});

describe('twenty thousand unknown members', () => {
  it('return a hundred errors', async () => {
    const body = Object.fromEntries(Array.from({ length: 22_000 }, (_, at) => [`m${at}`, 1]));

    const reply = await api.post('/v1/auth/login', body);

    expect(reply).toBeProblem('validation-failed', 422);
    expect((reply.body as { errors: unknown[] }).errors).toHaveLength(100);
  });
});

describe('a time', () => {
  it.each(['%2B16:00', '-23:59'])('with an offset of no time zone is rejected: %s', async (offset) => {
    expect(await asAdmin.get(`/v1/users?createdAfter=2026-01-01T00:00:00${offset}`)).toBeProblem(
      'invalid-parameter',
      400,
    );
  });

  it('with the largest offset is accepted', async () => {
    expect((await asAdmin.get('/v1/users?createdAfter=2026-01-01T00:00:00%2B15:59')).status).toBe(200);
  });
});

describe('a display name', () => {
  it('is counted in code points, as its column does', async () => {
    const user = await factory.user();

    expect(
      (await asAdmin.patch(`/v1/users/${user.id}`, { displayName: '\u{1F600}'.repeat(80) }, { 'If-Match': '*' }))
        .status,
    ).toBe(200);
    const tooLong = await asAdmin.patch(
      `/v1/users/${user.id}`,
      { displayName: '\u2764\uFE0F'.repeat(41) },
      { 'If-Match': '*' },
    );
    expect(tooLong).toBeProblem('validation-failed', 422);
    expect(tooLong.body).toMatchObject({ errors: [{ pointer: '#/displayName', code: 'max_length' }] });
  });
});

describe('an update without changes', () => {
  it('changes nothing and is not audited', async () => {
    const user = await factory.user();
    const before = await asAdmin.get(`/v1/users/${user.id}`);

    expect((await asAdmin.patch(`/v1/users/${user.id}`, {}, { 'If-Match': '*' })).text).toBe(before.text);
    expect(await factory.auditEvents({ subjectId: user.id })).toEqual([]);
  });
});

describe('a registered email address that was never verified', () => {
  it('belongs to the owner of the mailbox, however often it is registered', async () => {
    const email = 'again@example.com';
    const mailbox = new Mailbox(api);
    await api.post('/v1/auth/register', { email, password: 'the password of a user' });
    const first = await mailbox.tokenFor(email);
    await api.post('/v1/auth/register', { email, password: 'the password of an attacker' });
    const second = await mailbox.tokenFor(email);
    const newPassword = 'the password of who reads the mail';

    expect(await api.post('/v1/auth/email/verify', { token: first })).toBeProblem('invalid-token', 400);
    expect(await api.post('/v1/auth/email/verify', { token: second })).toBeProblem('invalid-token', 400);
    expect((await api.post('/v1/auth/password/reset', { token: second, newPassword })).status).toBe(204);
    expect((await api.post('/v1/auth/login', { email, password: newPassword })).status).toBe(200);
    for (const password of ['the password of a user', 'the password of an attacker']) {
      expect(await api.post('/v1/auth/login', { email, password })).toBeProblem('invalid-credentials', 401);
    }
  });
});

describe('the document', () => {
  it('has unique operation ids and no dangling reference', async () => {
    const reply = await api.get('/docs/openapi.json');
    const document = reply.body as { openapi: string; components: { schemas: Record<string, unknown> } };

    const ids = [...reply.text.matchAll(/"operationId": ?"([^"]+)"/g)].map(([, id]) => id);
    const references = [...reply.text.matchAll(/"\$ref": ?"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name = '']) => name,
    );

    expect(document.openapi).toBe('3.1.0');
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
    for (const name of references) expect(document.components.schemas).toHaveProperty(name);
  });
});
