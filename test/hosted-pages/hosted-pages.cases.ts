import { describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '../../src/features/auth/passwords/password-hasher.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';
import { linkPages, oneTimeTokenFor } from '../harness/mail/one-time-tokens.ts';
import { accountPath, hostedApp } from './hosted-app.ts';

const running = await hostedApp();
const { app, api, factory, database } = running;
const mailbox = new Mailbox(api);
const newPassword = 'a password that was chosen on a page';
const browser = { Accept: 'text/html,application/xhtml+xml' };

const emailPages = ['forgot-password', 'request-magic-link', 'resend-verification'] as const;

interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Submits the form of a page, as a browser does. */
async function submit(
  name: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Page> {
  const response = await fetch(`${api.baseUrl}/account/${name}`, {
    method: 'POST',
    headers: { ...browser, ...headers },
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function resetToken({ email }: FactoryUser): Promise<string> {
  await api.post('/v1/auth/password/forgot', { email });
  return await mailbox.tokenFor(email);
}

async function openTokens({ id }: FactoryUser): Promise<number> {
  const { rows } = await database.pool.query(
    'SELECT 1 FROM one_time_tokens WHERE user_id = $1 AND consumed_at IS NULL AND revoked_at IS NULL',
    [id],
  );
  return rows.length;
}

const expectSafe = ({ headers }: Pick<ApiResponse, 'headers'>, referrerPolicy = 'no-referrer'): void => {
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'content-type': 'text/html; charset=utf-8',
    'referrer-policy': referrerPolicy,
    'x-frame-options': 'DENY',
    'content-security-policy': expect.stringMatching(
      /^default-src 'none';.*form-action 'self'.*frame-ancestors 'none'/,
    ),
  });
};

describe.each(linkPages)('/account/%s', (name, purpose) => {
  const token = async (): Promise<string> => await oneTimeTokenFor(running, purpose, await factory.user());

  it('renders a form that is not cached and does not leak the token of its URL', async () => {
    const link = await token();
    const page = await api.get(`/account/${name}?token=${link}&lang="><script>alert(1)`, browser);

    expect(page.status).toBe(200);
    expectSafe(page);
    expect(page.text).toContain(`name="token" value="${link}"`);
    expect(page.text).not.toContain('<script>');
    expect(page.text).toContain(`<form method="post" action="/account/${name}">`);
  });

  it('reports an invalid link when it is opened, with a button that leads on', async () => {
    const page = await api.get(`/account/${name}?token=a"><script>alert(1)</script>`, browser);

    expect(page).toMatchObject({ status: 400, text: expect.stringContaining('This link no longer works') });
    expectSafe(page);
    expect(page.text).not.toContain('<script>');
    expect(page.text).toMatch(/<a class="button" href="\/account\/[a-z-]+">/);
    expect(await api.get(`/account/${name}?token=unknown`)).toBeProblem('invalid-token', 400);
  });

  it('reports an invalid link to browsers as a page and to other clients as a problem', async () => {
    const fields = { token: 'unknown token', ...(/password|invitation/.test(name) ? { newPassword } : {}) };

    const page = await submit(name, fields);
    expect(page).toMatchObject({ status: 400, text: expect.stringContaining('This link no longer works') });
    expect(await api.post(`/account/${name}`, fields)).toBeProblem('invalid-token', 400);
  });

  it('ignores parameters that were added to the link', async () => {
    const link = await token();
    for (const added of [
      '&utm_source=mail&utm_medium=a&utm_medium=b',
      '&fbclid=IwAR0&gclid=1',
      '&amp;x=1',
      '&__proto__=1',
      '&utm_campaign=50%off&utm_content=fr%FChling',
    ]) {
      const page = await api.get(`/account/${name}?mc_cid=7&token=${link}${added}`, browser);

      expect(page).toMatchObject({ status: 200, text: expect.stringContaining(`name="token" value="${link}"`) });
      expect(page.text).toContain(`<form method="post" action="/account/${name}">`);
    }
  });

  const damaged = async (query: string): Promise<void> => {
    expect(await api.get(`/account/${name}?${query}`, browser)).toMatchObject({
      status: 400,
      text: expect.stringContaining('This link no longer works'),
    });
  };

  it('rejects two tokens', async () => {
    await damaged('token=a&token=b');
  });

  it('reports a link whose token cannot be one', async () => {
    await damaged('token=');
    await damaged(`token=${'x'.repeat(129)}`);
  });

  it('renders the expired page without a token', async () => {
    expect(await api.get(`/account/${name}`, browser)).toMatchObject({
      status: 400,
      text: expect.stringContaining('This link no longer works'),
    });
    expect(await api.get(`/account/${name}`)).toBeProblem('invalid-parameter', 400);
    expect(await submit(name, {})).toMatchObject({
      status: 422,
      text: expect.stringContaining('This link no longer works'),
    });
  });

  it('changes nothing when it is opened, by browsers and by email scanners', async () => {
    const user = await factory.user();
    const link = await oneTimeTokenFor(running, purpose, user);
    const before = await stateOf(user, link);

    for (const method of ['GET', 'HEAD', 'GET'])
      for (const value of [link, `${link}x`])
        await fetch(`${api.baseUrl}/account/${name}?token=${value}`, { method, headers: browser });

    expect(await stateOf(user, link)).toEqual(before);
  });
});

/** What opening a link could change: its token, and what the audit log has of the user. */
async function stateOf({ id }: FactoryUser, token: string): Promise<unknown> {
  const { rows } = await database.pool.query(
    `SELECT consumed_at, revoked_at, (SELECT to_jsonb(u) FROM users u WHERE u.id = user_id) AS owner,
       (SELECT count(*) FROM audit_events WHERE event IN ('authn_login_fail', 'authn_password_change_fail')) AS failures
     FROM one_time_tokens WHERE user_id = $1 AND token_hash = sha256(convert_to($2, 'UTF8'))`,
    [id, token],
  );
  return rows;
}

describe('/account/magic-link', () => {
  it('renders a form for a link whose browser is unknown, and reports one of another browser', async () => {
    const user = await factory.user();
    const requested = await submit('request-magic-link', { email: user.email });
    const token = await mailbox.tokenFor(user.email);
    const [cookie = ''] = requested.headers.getSetCookie();

    const statusWith = async (value: string, Cookie: string): Promise<number> =>
      (await api.get(`/account/magic-link?token=${value}`, { ...browser, Cookie })).status;
    expect(await statusWith(token, '')).toBe(200);
    expect(await statusWith(token, cookie.split(';')[0] ?? '')).toBe(200);
    expect(await statusWith(token, `magic-link=${'a'.repeat(43)}`)).toBe(400);
    expect(await statusWith('unknown', cookie.split(';')[0] ?? '')).toBe(400);
  });
});

describe.each(emailPages)('/account/%s', (name) => {
  it('asks for an email address, and again when it is invalid', async () => {
    const page = await api.get(`/account/${name}?utm_campaign=spring`, browser);
    expect(page.status).toBe(200);
    // Its URL contains no token, and browsers send its origin with the form.
    expectSafe(page, 'same-origin');
    expect(page.text).toContain('type="email"');

    const again = await submit(name, { email: '"invalid"' });

    expect(again.status).toBe(422);
    expect(again.text).toContain('The email address must be an');
    expect(again.text).toContain('value="&quot;invalid&quot;"');
    const tooLong = await submit(name, { email: `"${'a'.repeat(300)}` });
    expect(tooLong.text).toContain('The email address must be an');
    expect(tooLong.text).toContain('The email address must have at most 254 characters.');
    expect(await api.post(`/account/${name}`, { email: 'invalid' })).toBeProblem('validation-failed', 422);
  });

  it('renders the same page for known and unknown accounts', async () => {
    const { email } = await factory.user();

    const known = await submit(name, { email });
    const unknown = await submit(name, { email: 'unknown@example.com' });

    expect(known.status).toBe(200);
    expect(unknown.text).toBe(known.text);
  });
});

describe('A page of an emailed link', () => {
  it('does not consume the token on GET or HEAD', async () => {
    const user = await factory.user();
    const token = await resetToken(user);

    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${api.baseUrl}/account/reset-password?token=${token}`, {
        method,
        headers: browser,
      });
      expect(response.status).toBe(200);
    }

    expect(await openTokens(user)).toBe(1);
    expect(await submit('reset-password', { token, newPassword })).toMatchObject({
      status: 200,
      text: expect.stringContaining('Your password was changed'),
    });
    expect((await api.post('/v1/auth/login', { email: user.email, password: newPassword })).status).toBe(200);
  });

  it('renders the error of a rejected password and keeps the token valid', async () => {
    const token = await resetToken(await factory.user());

    const again = await submit('reset-password', { token, newPassword: 'short' });

    expect(again.status).toBe(422);
    expect(again.text).toContain('role="alert" id="error"');
    expect(again.text).toContain('<a href="#new-password">The password must have at least 15 characters.</a>');
    expect(again.text).toContain('aria-invalid="true" autofocus');
    expect(again.text).toContain(`value="${token}"`);
    expect(again.text).not.toContain('short');
    expect((await submit('reset-password', { token, newPassword })).status).toBe(200);
  });

  it('renders all errors of a rejected password', async () => {
    const token = await resetToken(await factory.user());

    const again = await submit('reset-password', { token, newPassword: 'password' });

    for (const text of ['must have at least 15 characters.', 'must not be a common password.'])
      expect(again.text).toContain(`<a href="#new-password">The password ${text}</a>`);
  });

  it('renders the expired page for a token that cannot be one', async () => {
    expect(await submit('reset-password', { token: 'x'.repeat(129), newPassword: 'short' })).toMatchObject({
      status: 422,
      text: expect.stringContaining('This link no longer works'),
    });
  });

  it('sets one password of ten that are sent concurrently', async () => {
    const token = await resetToken(await factory.user());

    const pages = await Promise.all(
      Array.from(
        { length: 10 },
        async (_, index) => await submit('reset-password', { token, newPassword: `${newPassword} ${index}` }),
      ),
    );

    expect(pages.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(400)]);
  });

  it('returns 503 with Retry-After and the form while password hashing is overloaded', async () => {
    const token = await resetToken(await factory.user());
    const hasher = app.get(PasswordHasher);
    const gate = Promise.withResolvers<string>();
    // Exceeds the queue limit; none of them ends before the gate resolves.
    const others = Array.from({ length: 120 }, async () => {
      using slot = await hasher.acquireSlot().catch(() => undefined);
      return slot === undefined ? 'rejected' : await gate.promise;
    });

    const busy = await submit('reset-password', { token, newPassword });

    gate.resolve('open');
    expect(busy.status).toBe(503);
    expect(busy.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
    expect(busy.text).toContain(`value="${token}"`);
    expect(busy.text).toContain(`Request id: ${busy.headers.get('x-request-id') ?? ''}`);
    await Promise.all(others);
    expect((await submit('reset-password', { token, newPassword })).status).toBe(200);
  });

  it('ignores unknown form fields', async () => {
    const token = await resetToken(await factory.user());

    const done = await submit('reset-password', { token, newPassword, utm_source: 'mail', 'extension-field': 'x' });

    expect(done).toMatchObject({ status: 200, text: expect.stringContaining('Your password was changed') });
  });

  it('changes the email address of an account and reverts the change', async () => {
    const user = await factory.user();
    await api.as(user).post('/v1/auth/email/change', { newEmail: 'page.mover@example.com' });

    expect(await submit('change-email', { token: await mailbox.tokenFor('page.mover@example.com') })).toMatchObject({
      status: 200,
      text: expect.stringContaining('Your email address was changed'),
    });
    expect(await submit('revert-email', { token: await mailbox.tokenFor(user.email) })).toMatchObject({
      status: 200,
      text: expect.stringContaining('Your email address was restored'),
    });

    expect((await mailbox.subjectsTo(user.email))[0]).toBe('Choose a new password');
  });

  it('logs in the browser that requested the link, and clears its cookie', async () => {
    const user = await factory.user();
    const requested = await submit('request-magic-link', { email: user.email });
    const cookie = requested.headers.get('set-cookie')?.split(';')[0] ?? '';
    const token = await mailbox.tokenFor(user.email);

    expect((await submit('magic-link', { token })).status).toBe(400);
    const done = await submit('magic-link', { token }, { Cookie: cookie });

    expect([done.status, done.headers.get('location')]).toEqual([303, accountPath]);
    const cookies = done.headers.getSetCookie();
    expect(cookies).toContainEqual(expect.stringMatching(/^magic-link=; Path=\/; Max-Age=0;/));
    const refreshToken = cookies
      .join('\n')
      .match(/^rt=(rt_[\w-]+); Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/m)?.[1];
    const { body } = await api.post('/v1/auth/refresh', { refreshToken });
    const { accessToken } = body as { accessToken: string };
    expect((await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).body).toMatchObject({
      id: user.id,
    });
  });
});

describe('A form that another site submits', () => {
  it.each([{ 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }, { Origin: 'https://evil.example' }])(
    'is rejected and changes nothing: %j',
    async (headers) => {
      const user = await factory.user();
      const token = await resetToken(user);

      const response = await api.post('/account/reset-password', { token, newPassword }, headers);

      expect(response).toBeProblem('csrf-check-failed', 403);
      expect(await openTokens(user)).toBe(1);
      const page = await api.post('/account/reset-password', { token, newPassword }, { ...headers, ...browser });
      expect(page).toMatchObject({ status: 403, text: expect.stringContaining('Cross-site form submission') });
    },
  );
});

describe.each(['login', 'logout', 'passkey-login', 'register', 'request-magic-link', 'second-factor'])(
  'The form of /account/%s',
  (name) => {
    it('is rejected from a page that hides its origin, which would log the browser in or out', async () => {
      const { email, password } = await factory.user();
      const hidden = await submit(name, { email, password }, { Origin: 'null' });
      const own = await submit(name, { email, password }, { Origin: api.baseUrl });

      expect([hidden.status, hidden.headers.getSetCookie()]).toEqual([403, []]);
      expect(own.status).not.toBe(403);
    });
  },
);

describe('A form of the same origin', () => {
  it.each([{ 'Sec-Fetch-Site': 'same-origin' }, { Origin: api.baseUrl }, { Origin: 'null' }])(
    'is accepted: %j',
    async (headers) => {
      const token = await resetToken(await factory.user());

      expect((await api.post('/account/reset-password', { token, newPassword }, headers)).status).toBe(200);
    },
  );
});
