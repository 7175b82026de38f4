import { describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '../src/features/auth/password-hasher.ts';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import type { GivenUser } from './support/given.ts';
import { Mailbox } from './support/mailbox.ts';

const { app, api, given, database } = await start({ AUTH_MAGIC_LINK: 'true' });
const mailbox = new Mailbox(api);
const newPassword = 'a password that was chosen on a page';
const browser = { Accept: 'text/html,application/xhtml+xml' };

const linkPages = [
  'accept-invitation',
  'change-email',
  'magic-link',
  'reset-password',
  'revert-email',
  'verify-email',
] as const;
const addressPages = ['forgot-password', 'request-magic-link', 'resend-verification'] as const;

interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Presses the button of a page, as a browser does. */
async function press(
  name: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Page> {
  const reply = await fetch(`${api.baseUrl}/account/${name}`, {
    method: 'POST',
    headers: { ...browser, ...headers },
    body: new URLSearchParams(fields),
  });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

async function resetToken({ email }: GivenUser): Promise<string> {
  await api.post('/v1/auth/password/forgot', { email });
  return await mailbox.tokenFor(email);
}

async function openTokens({ id }: GivenUser): Promise<number> {
  const { rows } = await database.pool.query(
    'SELECT 1 FROM mailed_tokens WHERE user_id = $1 AND consumed_at IS NULL AND voided_at IS NULL',
    [id],
  );
  return rows.length;
}

const expectSafe = ({ headers }: Pick<Reply, 'headers'>): void => {
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'content-type': 'text/html; charset=utf-8',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'content-security-policy': expect.stringMatching(
      /^default-src 'none';.*form-action 'self'.*frame-ancestors 'none'/,
    ),
  });
};

describe.each(linkPages)('/account/%s', (name) => {
  it('asks, and neither caches nor tells others the token that is in its address', async () => {
    const page = await api.get(`/account/${name}?token=a"><script>`, browser);

    expect(page.status).toBe(200);
    expectSafe(page);
    expect(page.text).toContain('name="token" value="a&quot;&gt;&lt;script&gt;"');
    expect(page.text).not.toContain('<script');
    expect(page.text).toContain(`<form method="post" action="/account/${name}">`);
  });

  it('says that a link is no good, to a browser in a page and to others as a problem', async () => {
    const fields = { token: 'nobody has this', ...(/password|invitation/.test(name) ? { newPassword } : {}) };

    const page = await press(name, fields);
    expect(page).toMatchObject({ status: 400, text: expect.stringContaining('This link no longer works') });
    expect(await api.post(`/account/${name}`, fields)).toBeProblem('invalid-token', 400);
  });

  it('opens also when parameters were added to the link on its way', async () => {
    for (const added of [
      '&utm_source=mail&utm_medium=a&utm_medium=b',
      '&fbclid=IwAR0&gclid=1',
      '&amp;x=1',
      '&__proto__=1',
      '&utm_campaign=50%off&utm_content=fr%FChling',
    ]) {
      const page = await api.get(`/account/${name}?mc_cid=7&token=of-the-mail${added}`, browser);

      expect(page).toMatchObject({ status: 200, text: expect.stringContaining('name="token" value="of-the-mail"') });
      expect(page.text).toContain(`<form method="post" action="/account/${name}">`);
    }
  });

  it('takes neither of two tokens', async () => {
    expect((await api.get(`/account/${name}?token=a&token=b`, browser)).status).toBe(400);
  });

  it('has nothing to ask without a token', async () => {
    expect(await api.get(`/account/${name}`, browser)).toMatchObject({
      status: 400,
      text: expect.stringContaining('This link no longer works'),
    });
    expect(await api.get(`/account/${name}`)).toBeProblem('parameter-invalid', 400);
    expect(await press(name, {})).toMatchObject({
      status: 422,
      text: expect.stringContaining('This link no longer works'),
    });
  });
});

describe.each(addressPages)('/account/%s', (name) => {
  it('asks for an address, and again when it is none', async () => {
    const page = await api.get(`/account/${name}?utm_campaign=spring`, browser);
    expect(page.status).toBe(200);
    expectSafe(page);
    expect(page.text).toContain('type="email"');

    const again = await press(name, { email: '"nobody"' });

    expect(again.status).toBe(422);
    expect(again.text).toContain('The address must be an e-mail address.');
    expect(again.text).toContain('value="&quot;nobody&quot;"');
    expect(await api.post(`/account/${name}`, { email: 'nobody' })).toBeProblem('validation-failed', 422);
  });

  it('says the same to everybody', async () => {
    const { email } = await given.user();

    const known = await press(name, { email });
    const unknown = await press(name, { email: 'nobody@example.com' });

    expect(known.status).toBe(200);
    expect(unknown.text).toBe(known.text);
  });
});

describe('A page that a mailed link opens', () => {
  it('spends nothing by being opened, by GET or HEAD', async () => {
    const user = await given.user();
    const token = await resetToken(user);

    for (const method of ['GET', 'HEAD']) {
      const reply = await fetch(`${api.baseUrl}/account/reset-password?token=${token}`, { method, headers: browser });
      expect(reply.status).toBe(200);
    }

    expect(await openTokens(user)).toBe(1);
    expect(await press('reset-password', { token, newPassword })).toMatchObject({
      status: 200,
      text: expect.stringContaining('Your password is changed'),
    });
    expect((await api.post('/v1/auth/login', { email: user.email, password: newPassword })).status).toBe(200);
  });

  it('says what is wrong with a password, for the link is as good as before', async () => {
    const token = await resetToken(await given.user());

    const again = await press('reset-password', { token, newPassword: 'short' });

    expect(again.status).toBe(422);
    expect(again.text).toContain('<p role="alert" id="mistake">');
    expect(again.text).toContain('at least 15 characters');
    expect(again.text).toContain(`value="${token}"`);
    expect(again.text).not.toContain('short');
    expect((await press('reset-password', { token, newPassword })).status).toBe(200);
  });

  it('sets one password of ten that are sent at once', async () => {
    const token = await resetToken(await given.user());

    const pages = await Promise.all(
      Array.from(
        { length: 10 },
        async (_, index) => await press('reset-password', { token, newPassword: `${newPassword} ${index}` }),
      ),
    );

    expect(pages.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(400)]);
  });

  it('says when to come again while too many passwords are being hashed', async () => {
    const token = await resetToken(await given.user());
    const hasher = app.get(PasswordHasher);
    const gate = Promise.withResolvers<string>();
    // More than may wait, and none of them ends before the gate opens.
    const others = Array.from({ length: 120 }, async () => {
      return await hasher.inTurn(async () => await gate.promise).catch(() => 'refused');
    });

    const busy = await press('reset-password', { token, newPassword });

    gate.resolve('open');
    expect(busy.status).toBe(503);
    expect(busy.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
    expect(busy.text).toContain(`value="${token}"`);
    await Promise.all(others);
    expect((await press('reset-password', { token, newPassword })).status).toBe(200);
  });

  it('takes a form with fields that it does not know', async () => {
    const token = await resetToken(await given.user());

    const done = await press('reset-password', { token, newPassword, utm_source: 'mail', 'extension-field': 'x' });

    expect(done).toMatchObject({ status: 200, text: expect.stringContaining('Your password is changed') });
  });

  it('moves an account to its new address, and back', async () => {
    const user = await given.user();
    await api.as(user).post('/v1/auth/email/change', { newEmail: 'page.mover@example.com' });

    expect(await press('change-email', { token: await mailbox.tokenFor('page.mover@example.com') })).toMatchObject({
      status: 200,
      text: expect.stringContaining('Your e-mail address is changed'),
    });
    expect(await press('revert-email', { token: await mailbox.tokenFor(user.email) })).toMatchObject({
      status: 200,
      text: expect.stringContaining('Your account is yours again'),
    });

    expect((await mailbox.subjectsTo(user.email))[0]).toBe('Choose a new password');
  });

  it('logs in the browser that has asked for it, and takes its cookie back', async () => {
    const user = await given.user();
    const asked = await press('request-magic-link', { email: user.email });
    const cookie = asked.headers.get('set-cookie')?.split(';')[0] ?? '';
    const token = await mailbox.tokenFor(user.email);

    expect((await press('magic-link', { token })).status).toBe(400);
    const done = await press('magic-link', { token }, { Cookie: cookie });

    expect(done.status).toBe(200);
    expect(done.headers.get('set-cookie')).toMatch(/^magic-link=; Path=\/; Max-Age=0;/);
    const accessToken = /<input id="access-token" readonly value="([^"]+)"/.exec(done.text)?.[1] ?? '';
    expect((await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).body).toMatchObject({
      id: user.id,
    });
  });
});

describe('A form that another site sends', () => {
  it.each([{ 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }, { Origin: 'https://evil.example' }])(
    'is refused and changes nothing: %j',
    async (headers) => {
      const user = await given.user();
      const token = await resetToken(user);

      const reply = await api.post('/account/reset-password', { token, newPassword }, headers);

      expect(reply).toBeProblem('cross-site-form', 403);
      expect(await openTokens(user)).toBe(1);
      const page = await api.post('/account/reset-password', { token, newPassword }, { ...headers, ...browser });
      expect(page).toMatchObject({ status: 403, text: expect.stringContaining('Form of another site') });
    },
  );
});

describe('A form of our own', () => {
  it.each([{ 'Sec-Fetch-Site': 'same-origin' }, { Origin: api.baseUrl }, { Origin: 'null' }])(
    'is taken: %j',
    async (headers) => {
      const token = await resetToken(await given.user());

      expect((await api.post('/account/reset-password', { token, newPassword }, headers)).status).toBe(200);
    },
  );
});
